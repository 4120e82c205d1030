import type { Runtime } from '@mediclip/onnx-graph';
import { EngineError } from '../errors.js';
import type { Device } from './compute.js';
import { nvidiaSigns } from './nvidia-signs.js';
import { cpu, createOrtSession, type Provider } from './ort-session.js';
import { probeCuda } from './provider-probe.js';
import { threadRuntime } from './thread-runtime.js';

export interface OrtRuntimeOptions {
  readonly device: Device;
  /** Threads that one operator may use; operators run one after the other. */
  readonly threads: number;
}

/** A Runtime on the device that was asked for. */
export interface OrtRuntime extends Runtime {
  /** Why `auto` took the processor on a machine that has CUDA's files or an NVIDIA device: a sentence. */
  readonly passedOver?: string;
}

/**
 * ONNX Runtime on the device asked for. `provider` is what really loaded: a probe model has run on it, with none of its
 * operators left to another provider, and gave the processor's numbers. `run` and `createSession` block their thread.
 *
 * Throws an EngineError `device-unavailable` when `cuda` or `cuda:N` does not load (`auto` then takes the CPU), and an
 * OutOfMemoryError from sessions when memory runs out.
 */
export async function openOrtRuntime({ device, threads }: OrtRuntimeOptions): Promise<OrtRuntime> {
  if (!Number.isInteger(threads) || threads < 1) {
    throw new RangeError(`The engine got ${threads} threads; give an integer of at least 1.`);
  }
  const { passedOver, ...provider } = await chooseProvider(device);
  return {
    provider: provider.name,
    threads,
    ...(passedOver !== undefined && { passedOver }),
    createSession: (model) => createOrtSession(model, provider, threads),
    ...(provider.name === 'cpu' && threads > 1 && { lanes: lanesOf(Math.min(threads, mostLanes)) }),
  };
}

/** Each has sessions of its own, which take memory. */
const mostLanes = 8;

function lanesOf(count: number): Runtime[] {
  const here: Runtime = { provider: cpu.name, threads: 1, createSession: (model) => createOrtSession(model, cpu, 1) };
  return [here, ...Array.from({ length: count - 1 }, () => threadRuntime())];
}

async function chooseProvider(device: Device): Promise<Provider & { readonly passedOver?: string }> {
  if (device === 'cpu') return cpu;
  const [, index = '0'] = /^(?:auto|cuda(?::(\d+))?)$/.exec(device) ?? unknownDevice(device);
  const cuda: Provider = { name: 'cuda', deviceId: Number(index) };
  computeInFloat32();
  const fault = await probeCuda(cuda.deviceId);
  if (fault === undefined) return cuda;
  if (device === 'auto') {
    const [sign] = nvidiaSigns();
    return sign === undefined ? cpu : { ...cpu, passedOver: `There is ${sign}, but CUDA did not load: ${fault}.` };
  }
  throw new EngineError(
    'device-unavailable',
    `The device ${device} did not load (${fault}); mend that or choose the device cpu.`,
  );
}

/**
 * NVIDIA's libraries multiply float32 matrices in TF32, with 10 bits of mantissa instead of 23, when ONNX Runtime lets
 * them, and onnxruntime-node cannot forbid it. They read this variable when they start; who has set it knows why.
 */
function computeInFloat32(): void {
  process.env.NVIDIA_TF32_OVERRIDE ??= '0';
}

function unknownDevice(device: string): never {
  throw new EngineError('device-unavailable', `There is no device ${device}; choose auto, cpu, cuda or cuda:N.`);
}
