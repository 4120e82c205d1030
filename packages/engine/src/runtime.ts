import { createRequire } from 'node:module';
import type { OrtRuntime, OrtRuntimeOptions } from './child/ort-runtime.js';

const { version } = createRequire(import.meta.url)('onnxruntime-node/package.json') as { version: string };

/** The version of ONNX Runtime that engines compute with. */
export const onnxRuntimeVersion: string = version;

/** ONNX Runtime in this process, loaded now: a process that only has an engine for a child needs none of its own. */
export async function openOrtRuntime(options: OrtRuntimeOptions): Promise<OrtRuntime> {
  const runtime = await import('./child/ort-runtime.js');
  return runtime.openOrtRuntime(options);
}
