import { inferenceHeaderLength } from '@mediclip/contracts';
import type { StreamedBody } from './transport.js';

/** The map of an image: probability of abnormal, row by row. */
export interface InferredMap {
  readonly map: Float32Array;
  readonly height: number;
  readonly width: number;
}

/** The request of the Open Inference Protocol for the map of one encoded image, tensors in binary. */
export function mapRequest(image: Uint8Array): { body: StreamedBody; headers: Readonly<Record<string, string>> } {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(image.byteLength);
  const input = {
    name: 'image',
    shape: [1],
    datatype: 'BYTES',
    parameters: { binary_data_size: length.byteLength + image.byteLength },
  };
  const wanted = { name: 'map', parameters: { binary_data: true } };
  const head = Buffer.from(JSON.stringify({ inputs: [input], outputs: [wanted] }));
  const open = async function* () {
    yield* [head, length, image];
  };
  return {
    body: { contentType: 'application/octet-stream', open },
    headers: { [inferenceHeaderLength]: String(head.byteLength) },
  };
}

/** The map of such an answer. */
export async function readMap(response: Response): Promise<InferredMap> {
  const headLength = Number(response.headers.get(inferenceHeaderLength));
  const bytes = await response.arrayBuffer();
  const head = JSON.parse(Buffer.from(bytes, 0, headLength).toString()) as { outputs: [{ shape: number[] }] };
  const [, height = 0, width = 0] = head.outputs[0].shape;
  return { map: new Float32Array(bytes.slice(headLength)), height, width };
}
