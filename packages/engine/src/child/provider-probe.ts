import { constants } from 'node:os';
import { constant, conv, inHalfPrecision, input, matMul, reshape, writeModel } from '@mediclip/onnx-graph';
import * as ort from 'onnxruntime-node';
import { cudaFault } from './cuda-fault.js';
import { cudaProviderFile } from './nvidia-signs.js';

type Providers = NonNullable<ort.InferenceSession.SessionOptions['executionProviders']>;

const side = 8;
const channels = 3;
const images = 2;
const pixels = channels * side * side;
const wave = (length: number, pace: number) => Float32Array.from({ length }, (_, i) => Math.sin(pace * i));
/** Shares of the largest number that rounding may cost in half precision, and in TF32, in which a card may multiply. */
const tolerances: Readonly<Record<string, number>> = { half: 1e-2, single: 5e-3 };

/** A convolution and a product in half precision, `half`, and a product in float32, `single`. */
function probeModel(): Uint8Array {
  const x = input('x', 'float32', [images, channels, side, side]);
  const kernels = 16;
  const convolved = conv(x, constant(wave(kernels * channels * 9, 0.7), [kernels, channels, 3, 3]), null);
  const flat = reshape(convolved, [images, kernels * (side - 2) ** 2]);
  const columns = 32;
  const weights = (rows: number) => constant(wave(rows * columns, 0.3), [rows, columns]);
  const [half] = inHalfPrecision([matMul(flat, weights(flat.shape[1]!))], [x]) as [typeof x];
  const single = matMul(reshape(x, [images, pixels]), weights(pixels));
  return writeModel({ name: 'probe', inputs: [x], outputs: { half, single } });
}

/**
 * Runs a model on a device of CUDA, none of whose operators may be left to another provider, and compares its numbers
 * with the processor's. Why it cannot be used, or undefined when all is right.
 */
export async function probeCuda(deviceId: number): Promise<string | undefined> {
  const supported = ort.listSupportedBackends().map(({ name }) => name);
  if (!supported.includes('cuda')) return `this build of ONNX Runtime knows only ${supported.join(', ')}`;
  const model = probeModel();
  try {
    const numbers = await run(model, [{ name: 'cuda', deviceId }], { disable_cpu_ep_fallback: '1' });
    return differing(numbers, await run(model, ['cpu'], {}));
  } catch (error) {
    return cudaFault(String(error instanceof Error ? error.message : error), whyNotOpened);
  }
}

async function run(
  model: Uint8Array,
  executionProviders: Providers,
  session: Readonly<Record<string, string>>,
): Promise<Record<string, Float32Array>> {
  const opened = await ort.InferenceSession.create(model, { executionProviders, extra: { session } });
  try {
    const x = new ort.Tensor('float32', wave(images * pixels, 1.1), [images, channels, side, side]);
    const outputs = await opened.run({ x });
    return Object.fromEntries(Object.entries(outputs).map(([name, { data }]) => [name, data as Float32Array]));
  } finally {
    await opened.release();
  }
}

/** Where the numbers of a device are not those of the processor, or undefined. */
export function differing(
  numbers: Readonly<Record<string, Float32Array>>,
  expected: Readonly<Record<string, Float32Array>>,
): string | undefined {
  for (const [name, right] of Object.entries(expected)) {
    const largest = right.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const limit = tolerances[name]! * largest;
    const isRight = right.every((value, i) => Math.abs(value - numbers[name]![i]!) <= limit);
    if (isRight) continue;
    const precision = name === 'half' ? 'half precision' : 'float32';
    return `it computes other numbers than the processor in ${precision}`;
  }
  return undefined;
}

/** What the dynamic loader says of the CUDA provider; undefined when it opens it, or cannot be asked. */
function whyNotOpened(): string | undefined {
  const file = cudaProviderFile();
  if (file === undefined) return undefined;
  try {
    process.dlopen({ exports: {} }, file, constants.dlopen.RTLD_NOW);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
