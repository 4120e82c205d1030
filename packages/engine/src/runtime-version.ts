import { createRequire } from 'node:module';

const { version } = createRequire(import.meta.url)('onnxruntime-node/package.json') as { version: string };

/** The version of ONNX Runtime that engines compute with. */
export const onnxRuntimeVersion: string = version;
