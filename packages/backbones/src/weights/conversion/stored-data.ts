import { readFileBytes } from '../safetensors/read.js';
import { tensorArrays } from '../safetensors/tensor.js';
import type { Stretch } from './archive.js';
import type { StoredTensor } from './pickled.js';

const pieceBytes = 2 ** 22;

/** The bytes of a stretch of a file, a few mebibytes at a time. Throws `WeightsError`. */
export function* filePieces(path: string, { offsetBytes, lengthBytes }: Stretch): Generator<Uint8Array> {
  for (let done = 0; done < lengthBytes; done += pieceBytes) {
    yield readFileBytes(path, offsetBytes + done, Math.min(pieceBytes, lengthBytes - done));
  }
}

/** A tensor's elements in row-major order, from its storage at `storage` in the file. Throws `WeightsError`. */
export function* tensorPieces(path: string, tensor: StoredTensor, storage: Stretch): Generator<Uint8Array> {
  const { shape, strides } = tensor;
  const elements = shape.reduce((product, extent) => product * extent, 1);
  if (elements === 0) return;
  const width = tensorArrays[tensor.storage.dtype].BYTES_PER_ELEMENT;
  const span = shape.reduce((sum, extent, axis) => sum + (extent - 1) * strides[axis]!, 1);
  const stretch = { offsetBytes: storage.offsetBytes + tensor.offset * width, lengthBytes: span * width };
  if (isRowMajor(tensor)) return yield* filePieces(path, stretch);
  const stored = readFileBytes(path, stretch.offsetBytes, stretch.lengthBytes);
  const ordered = new Uint8Array(elements * width);
  for (const [to, from] of placesOf(tensor)) {
    for (let byte = 0; byte < width; byte++) ordered[to * width + byte] = stored[from * width + byte]!;
  }
  yield ordered;
}

function isRowMajor({ shape, strides }: StoredTensor): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== expected) return false;
    expected *= shape[axis]!;
  }
  return true;
}

/** Every element's place in row-major order and in the storage, from the tensor's first element on. */
function* placesOf({ shape, strides }: StoredTensor): Generator<[number, number]> {
  const index = shape.map(() => 0);
  let from = 0;
  for (let to = 0; ; to++) {
    yield [to, from];
    let axis = shape.length - 1;
    for (; axis >= 0; axis--) {
      index[axis]! += 1;
      from += strides[axis]!;
      if (index[axis]! < shape[axis]!) break;
      from -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
    if (axis < 0) return;
  }
}
