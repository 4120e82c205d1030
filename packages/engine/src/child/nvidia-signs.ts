import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/**
 * Where ONNX Runtime's CUDA provider would lie: beside the library that this process has loaded. Undefined where that
 * cannot be told.
 */
export function cudaProviderFile(): string | undefined {
  if (process.platform !== 'linux') return undefined;
  const [, library] = /(\/.*\/libonnxruntime\.so[.\d]*)$/m.exec(readFileSync('/proc/self/maps', 'utf8')) ?? [];
  return library === undefined ? undefined : path.join(path.dirname(library), 'libonnxruntime_providers_cuda.so');
}

/**
 * What shows that a machine is meant to compute on CUDA: the provider's file, and what NVIDIA's driver puts under
 * `root`.
 */
export function nvidiaSigns(providerFile: string | undefined = cudaProviderFile(), root = '/'): string[] {
  const devices = path.join(root, 'dev');
  const device = existsSync(devices) ? readdirSync(devices).find((name) => /^nvidia(\d+|ctl)$/.test(name)) : undefined;
  const candidates = [providerFile, device && path.join(devices, device), path.join(root, 'proc/driver/nvidia')];
  return candidates.filter((file) => file !== undefined && existsSync(file)) as string[];
}
