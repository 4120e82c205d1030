import {
  type ElementType,
  type ModelSource,
  type Session,
  type Tensor,
  toOutOfMemoryError,
} from '@mediclip/onnx-graph';
import { BufferGarbage } from '@mediclip/threads';
import * as ort from 'onnxruntime-node';

// What goes wrong comes as an exception; the log would only say it twice.
ort.env.logLevel = 'fatal';

// onnxruntime-node 1.30 makes half-precision tensors of Float16Array where Node has it (24 and newer), though its
// native part only knows them as Uint16Array. It looks for the class when it makes its first tensor.
Reflect.deleteProperty(globalThis, 'Float16Array');

export interface Provider {
  readonly name: 'cpu' | 'cuda';
  readonly deviceId: number;
}

export const cpu: Provider = { name: 'cpu', deviceId: 0 };

/** A session whose operators have so many threads, and one after the other run in this one, which they block. */
export async function createOrtSession(model: ModelSource, provider: Provider, threads: number): Promise<Session> {
  return new OrtSession(await open(model, sessionOptions(provider, threads)));
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

/** Of outputs. */
export const bufferGarbage = new BufferGarbage();

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
      const made = Object.fromEntries(tensors);
      bufferGarbage.made(bytesOf(made));
      return made;
    } catch (error) {
      throw toOutOfMemoryError(error);
    }
  }

  async release(): Promise<void> {
    await this.#session.release();
  }
}

/** Bytes of the tensors' data together. */
export function bytesOf(tensors: Readonly<Record<string, Tensor>>): number {
  return Object.values(tensors).reduce((sum, { data }) => sum + data.byteLength, 0);
}

function fromOrt({ type, dims, data }: ort.Tensor): Tensor {
  return {
    dtype: type as ElementType,
    shape: dims,
    data: data as Float32Array,
  };
}
