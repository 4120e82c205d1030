import { closeSync, ftruncateSync, mkdirSync, openSync, writeSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { openBackbone } from '@mediclip/backbones';
import { resolveAdaptationOptions } from '@mediclip/contracts';
import { temporaryFolder } from '@mediclip/testing';
import { deviceTraffic } from './device-traffic.js';
import { batchShapesFor, nextBatch } from './tower/batch-shapes.js';

const id = 'openai-vit-l-14';

/** ViT-L/14 of weights that are nowhere but in the header of their file: the rest is a hole. */
async function openVitL14() {
  const shapesFile = new URL('../../../bench/weight-shapes.mjs', import.meta.url);
  const { clipVit, clipText } = await import(shapesFile.href);
  const shapes: [string, number[]][] = Object.entries({
    ...clipVit(1024, 24, 14, 224, 768),
    ...clipText(768, 12, 768),
  });
  let end = 0;
  const tensors = shapes.map(([name, shape]) => {
    const start = end;
    end += 2 * shape.reduce((product, extent) => product * extent, 1);
    return [name, { dtype: 'F16', shape, data_offsets: [start, end] }] as const;
  });
  const header = Buffer.from(JSON.stringify(Object.fromEntries(tensors)));
  const modelsFolder = temporaryFolder();
  mkdirSync(path.join(modelsFolder, id));
  const file = openSync(path.join(modelsFolder, id, 'open_clip_model.safetensors'), 'w');
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  writeSync(file, Buffer.concat([length, header]));
  ftruncateSync(file, 8 + header.length + end);
  closeSync(file);
  return openBackbone(id, { modelsFolder });
}

const backbone = await openVitL14();

describe('what crosses to a device with ViT-L/14', () => {
  const megabyte = 1e6;
  /** Means and deviations of 1,024 channels at three taps. */
  const momentsBytes = 4 * 2 * 3 * 1024;
  const options = resolveAdaptationOptions({ backbone: id });

  test('is pixels and labels in a training step of 8 images, and a few numbers back', () => {
    const { step, parameters } = deviceTraffic(backbone, options, 8);
    expect(step.upBytes).toBe(8 * (224 * 224 * 3 + 224 * 224 * 4 + 4) + 8 + 4 + 4);
    expect(step.downBytes).toBe(3 * 4 + 8 * 4);
    expect(step.upBytes + step.downBytes).toBeLessThan(12 * megabyte);
    expect(parameters.upBytes).toBe(parameters.downBytes);
  });

  test('is pixels, map, score, logit and moments for a scored image, whatever the number of images', () => {
    const shapes = batchShapesFor(860e6, { provider: 'cuda' });
    const scoring = new Map(shapes.map((shape) => [shape, deviceTraffic(backbone, options, shape).scoring]));
    for (let images = 1; images <= 16; images++) {
      const { shape } = nextBatch(images, shapes, 'cuda');
      const { upBytes, downBytes } = scoring.get(shape)!;
      expect(upBytes + downBytes).toBe(shape * (224 * 224 * 3 + 224 * 224 * 4 + 12 + momentsBytes));
      expect((upBytes + downBytes) / images).toBeLessThan(0.7 * megabyte);
    }
  });
});
