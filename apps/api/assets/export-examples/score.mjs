// Prints the anomaly score of an image, 0 (normal) to 1: node score.mjs IMAGE.
// Needs `npm install onnxruntime-node sharp`. Greys of 16 bits (PNG, TIFF) become the 8 bits that the model was adapted
// to as the service makes them; DICOM and NIfTI are read by the service and by `mediclip score`.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import sharp from 'sharp';
import { greysOf } from './greys.mjs';

const session = await InferenceSession.create(fileURLToPath(new URL('../detector.onnx', import.meta.url)));
const [, side] = session.inputMetadata[0].shape;
const { intensity } = JSON.parse(readFileSync(new URL('../model.json', import.meta.url), 'utf8'));
const { data, info } = await readRgb(process.argv[2]);
const pixels = resizeRows(resizeRows(data, info.width, info.height), info.height, side);
const { score } = await session.run({ pixels: new Tensor('uint8', pixels, [1, side, side, 3]) }, ['score']);
console.log(score.data[0]);

async function readRgb(file) {
  const image = sharp(file).autoOrient();
  const { depth, channels } = await image.metadata();
  if (depth !== 'ushort' || channels !== 1) {
    return image.removeAlpha().toColourspace('srgb').raw().toBuffer({ resolveWithObject: true });
  }
  const raw = image.toColourspace('grey16').raw({ depth: 'ushort' });
  const { data: bytes, info } = await raw.toBuffer({ resolveWithObject: true });
  const values = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
  const grey = greysOf(values, info.width, info.height, intensity);
  const rgb = new Uint8Array(values.length * 3);
  for (let i = 0; i < values.length; i++) rgb.fill(grey(values[i]), 3 * i, 3 * i + 3);
  return { data: rgb, info };
}

// Other resizes than the service's own give slightly other scores, so this is that one (Pillow's BILINEAR): a triangle,
// widened by the reduction factor, with weights of 22 bits, rounded to 8 bits. Rows come out as columns: two calls
// resize both axes.
function resizeRows(rgb, width, height) {
  const resized = new Uint8Array(side * height * 3);
  const scale = width / side;
  const support = Math.max(scale, 1);
  for (let x = 0; x < side; x++) {
    const centre = (x + 0.5) * scale;
    const start = Math.max(Math.trunc(centre - support + 0.5), 0);
    const end = Math.min(Math.trunc(centre + support + 0.5), width);
    const shares = Array.from({ length: end - start }, (_, i) =>
      Math.max(0, 1 - Math.abs(start + i - centre + 0.5) / support),
    );
    const sum = shares.reduce((total, share) => total + share);
    const weights = shares.map((share) => Math.trunc(0.5 + (share / sum) * 2 ** 22));
    for (let at = 0; at < height * 3; at++) {
      const [y, channel] = [Math.trunc(at / 3), at % 3];
      const weighed = weights.reduce(
        (total, weight, i) => total + weight * rgb[(y * width + start + i) * 3 + channel],
        2 ** 21,
      );
      resized[x * height * 3 + at] = weighed >> 22;
    }
  }
  return resized;
}
