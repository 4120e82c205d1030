import {
  type ElementType,
  type ModelSource,
  type Runtime,
  type Session,
  type Tensor,
  toOutOfMemoryError,
} from '@mediclip/onnx-graph';
import { BufferGarbage } from '@mediclip/threads';
import * as ort from 'onnxruntime-node';
import { EngineError } from '../errors.js';
import type { Device } from './compute.js';
import { nvidiaSigns } from './nvidia-signs.js';
import { probeCuda } from './provider-probe.js';

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
    createSession: async (model) => new OrtSession(await open(model, sessionOptions(provider, threads))),
  };
}

// What goes wrong comes as an exception; the log would only say it twice.
ort.env.logLevel = 'fatal';

// onnxruntime-node 1.30 makes half-precision tensors of Float16Array where Node has it (24 and newer), though its
// native part only knows them as Uint16Array. It looks for the class when it makes its first tensor.
Reflect.deleteProperty(globalThis, 'Float16Array');

interface Provider {
  readonly name: 'cpu' | 'cuda';
  readonly deviceId: number;
}

const cpu: Provider = { name: 'cpu', deviceId: 0 };

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

function sessionOptions({ name, deviceId }: Provider, threads: number): ort.InferenceSession.SessionOptions {
  return {
    executionProviders: name === 'cpu' ? ['cpu'] : [{ name, deviceId }, 'cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    // With it, a second run takes one block for all its activations beside what the first has left in the arena: twice
    // the memory.
    enableMemPattern: false,
    logSeverityLevel: 4,
    // Idle threads sleep as soon as a run ends, so that the synthesis threads get the cores.
    extra: { session: { use_deterministic_compute: '1', force_spinning_stop: '1' } },
  };
}

async function open(model: ModelSource, options: ort.InferenceSession.SessionOptions): Promise<ort.InferenceSession> {
  try {
    if ('path' in model) return await ort.InferenceSession.create(model.path, options);
    const externalData = Object.entries(model.externalData ?? {}).map(([path, data]) => ({ path, data }));
    return await ort.InferenceSession.create(model.bytes, { ...options, externalData });
  } catch (error) {
    throw toOutOfMemoryError(error);
  }
}

/** Of outputs, and of pixels and maps beside them. Runs block this thread for longer than a collection does. */
const bufferGarbage = new BufferGarbage({ young: 2 ** 24, all: 2 ** 25 });

class OrtSession implements Session {
  readonly #session: ort.InferenceSession;

  constructor(session: ort.InferenceSession) {
    this.#session = session;
  }

  async run(feeds: Readonly<Record<string, Tensor>>, fetches?: readonly string[]): Promise<Record<string, Tensor>> {
    const inputs: Record<string, ort.Tensor> = {};
    for (const [name, { dtype, data, shape }] of Object.entries(feeds)) {
      inputs[name] = new ort.Tensor(dtype as 'float32', data as Float32Array, shape);
    }
    try {
      const outputs = await (fetches === undefined
        ? this.#session.run(inputs)
        : this.#session.run(inputs, [...fetches]));
      const tensors = Object.entries(outputs).map(([name, output]) => [name, fromOrt(output)] as const);
      bufferGarbage.made(tensors.reduce((sum, [, { data }]) => sum + data.byteLength, 0));
      return Object.fromEntries(tensors);
    } catch (error) {
      throw toOutOfMemoryError(error);
    }
  }

  async release(): Promise<void> {
    await this.#session.release();
  }
}

function fromOrt({ type, dims, data }: ort.Tensor): Tensor {
  return {
    dtype: type as ElementType,
    shape: dims,
    data: data as Float32Array,
  };
}
