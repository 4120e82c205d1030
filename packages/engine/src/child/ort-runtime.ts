import type { ElementType, ModelSource, Runtime, Session, Tensor } from '@mediclip/onnx-graph';
import { constant, input, matMul, writeModel } from '@mediclip/onnx-graph';
import * as ort from 'onnxruntime-node';
import { EngineError, tellingMemory } from '../errors.js';
import type { Device } from './compute.js';

export interface OrtRuntimeOptions {
  readonly device: Device;
  /** Threads that one operator may use; operators run one after the other. */
  readonly threads: number;
}

/**
 * ONNX Runtime on the device asked for. `provider` is what really loaded: a probe model has run on it, with none of its
 * operators left to another provider. `run` and `createSession` block their thread.
 *
 * Throws an EngineError `device-unavailable` when `cuda` or `cuda:N` does not load (`auto` then takes the CPU), and an
 * OutOfMemoryError from sessions when memory runs out.
 */
export async function openOrtRuntime({ device, threads }: OrtRuntimeOptions): Promise<Runtime> {
  if (!Number.isInteger(threads) || threads < 1) {
    throw new RangeError(`The engine got ${threads} threads; give an integer of at least 1.`);
  }
  const provider = await chooseProvider(device);
  return {
    provider: provider.name,
    createSession: async (model) => new OrtSession(await open(model, sessionOptions(provider, threads))),
  };
}

export const onnxRuntimeVersion: string = ort.env.versions.node!;

// What goes wrong comes as an exception; the log would only say it twice.
ort.env.logLevel = 'fatal';

// onnxruntime-node 1.30 makes half-precision tensors of Float16Array where Node has it (24 and newer), though its native
// part only knows them as Uint16Array. It looks for the class when it makes its first tensor.
Reflect.deleteProperty(globalThis, 'Float16Array');

interface Provider {
  readonly name: 'cpu' | 'cuda';
  readonly deviceId: number;
}

const CPU: Provider = { name: 'cpu', deviceId: 0 };

async function chooseProvider(device: Device): Promise<Provider> {
  if (device === 'cpu') return CPU;
  const [, index = '0'] = /^(?:auto|cuda(?::(\d+))?)$/.exec(device) ?? unknownDevice(device);
  const cuda: Provider = { name: 'cuda', deviceId: Number(index) };
  const fault = await probe(cuda);
  if (fault === undefined) return cuda;
  if (device === 'auto') return CPU;
  throw new EngineError(
    'device-unavailable',
    `The device ${device} did not load (${fault}); install ONNX Runtime's CUDA files or choose the device cpu.`,
  );
}

function unknownDevice(device: string): never {
  throw new EngineError('device-unavailable', `There is no device ${device}; choose auto, cpu, cuda or cuda:N.`);
}

/** Runs a product of two matrices that may run on this provider only. The fault in one line, or undefined when it worked. */
async function probe(provider: Provider): Promise<string | undefined> {
  const supported = ort.listSupportedBackends().map(({ name }) => name);
  if (!supported.includes(provider.name)) return `this build of ONNX Runtime knows only ${supported.join(', ')}`;
  const x = input('x', 'float32', [2, 2]);
  const product = matMul(x, constant(Float32Array.of(0, 1, 1, 0), [2, 2]));
  const bytes = writeModel({ name: 'probe', inputs: [x], outputs: { product } });
  try {
    const session = await ort.InferenceSession.create(bytes, {
      executionProviders: [{ name: provider.name, deviceId: provider.deviceId }],
      extra: { session: { disable_cpu_ep_fallback: '1' } },
    });
    await session.run({ x: new ort.Tensor('float32', Float32Array.of(1, 2, 3, 4), [2, 2]) });
    await session.release();
    return undefined;
  } catch (error) {
    return String(error instanceof Error ? error.message : error).split('\n', 1)[0];
  }
}

function sessionOptions({ name, deviceId }: Provider, threads: number): ort.InferenceSession.SessionOptions {
  return {
    executionProviders: name === 'cpu' ? ['cpu'] : [{ name, deviceId }, 'cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    // With it, a second run takes one block for all its activations beside what the first has left in the arena: twice the memory.
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
    throw tellingMemory(error);
  }
}

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
      return Object.fromEntries(Object.entries(outputs).map(([name, output]) => [name, fromOrt(output)]));
    } catch (error) {
      throw tellingMemory(error);
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
