import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import {
  type Backbone,
  openBackbone,
  openClipBackbone,
  readSafetensorsFile,
  writeSafetensors,
} from '@mediclip/backbones';
import type { PrecisionChoice } from '@mediclip/contracts';
import type { ModelSource, Runtime } from '@mediclip/onnx-graph';
import { askOnnxChecker, expectClose, temporaryFolder, testRuntime } from '@mediclip/testing';
import { openTinyClip, openTinyResNet } from '../testing/tiny-clip.js';
import { towerPrecision } from './precision.js';
import { Tower } from './tower.js';

const openTower = (backbone: Backbone, runtime: Runtime, precision?: PrecisionChoice) =>
  new Tower(runtime, backbone, backbone.defaultTaps, { ...(precision && { precision }) });
const gpu: Runtime = { ...testRuntime, provider: 'cuda' };
const image = ({ side }: Backbone) => Uint8Array.from({ length: side ** 2 * 3 }, (_, i) => 120 + 90 * Math.sin(i / 50));

test.each([
  ['lite', 'cpu', 'efficientnet-lite', 10e6, 'float32'],
  ['a small CLIP', 'cpu', 'clip-vit', 1e6, 'float32'],
  ['ViT-B/16 in half precision', 'cpu', 'clip-vit', 300e6, 'int8'],
  ['BiomedCLIP', 'cpu', 'timm-vit', 784e6, 'int8'],
  ["CLIP's ResNet, which has convolutions only", 'cpu', 'clip-resnet', 300e6, 'float32'],
  ['ViT-L/14', 'cuda', 'clip-vit', 860e6, 'float16'],
  ['lite', 'cuda', 'efficientnet-lite', 10e6, 'float16'],
] as const)('%s on %s', (_, provider, family, bytes, precision) => {
  expect(towerPrecision({ provider }, { family }, bytes)).toBe(precision);
  expect(towerPrecision({ provider }, { family }, bytes, 'float32')).toBe('float32');
});

describe('the tower on CUDA', () => {
  test.each([
    ["CLIP's vision transformer", openTinyClip()],
    ["CLIP's ResNet", openTinyResNet()],
    ['lite', openBackbone('lite')],
  ])('gives the float32 features of half precision: %s', async (_, backbone) => {
    const [onCpu, onGpu] = [openTower(backbone, testRuntime), openTower(backbone, gpu)];
    expect([await onCpu.precision(), await onGpu.precision()]).toEqual(['float32', 'float16']);
    const [[exact], [halved]] = [await onCpu.features([image(backbone)]), await onGpu.features([image(backbone)])];
    for (const [tap, values] of exact!.entries()) {
      const most = values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
      expect(halved![tap]).toBeInstanceOf(Float32Array);
      expect(halved![tap]).not.toEqual(values);
      expectClose(halved![tap]!, values, most * 5e-3);
    }
  });

  test('gives the same with attention as one operator', async () => {
    const backbone = openTinyClip();
    const written: string[] = [];
    const device: Runtime = {
      provider: 'cuda',
      createSession(model) {
        written.push('bytes' in model ? Buffer.from(model.bytes).toString('latin1') : '');
        return testRuntime.createSession(model);
      },
    };
    const towerWith = (fusedAttention: boolean) =>
      new Tower(device, backbone, backbone.defaultTaps, { fusedAttention });
    const [[apart], [fused]] = [
      await towerWith(false).features([image(backbone)]),
      await towerWith(true).features([image(backbone)]),
    ];
    expect(written.map((model) => model.includes('MultiHeadAttention'))).toEqual([false, true]);
    for (const [tap, values] of apart!.entries()) {
      const most = values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
      expectClose(fused![tap]!, values, most * 5e-3);
    }
  });

  test('says when features leave the range of half precision, where float32 has them', async () => {
    const backbone = overflowing();
    const [features] = await openTower(backbone, testRuntime).features([image(backbone)]);
    expect(Math.max(...features![0]!)).toBeGreaterThan(65504);
    await expect(openTower(backbone, gpu).features([image(backbone)])).rejects.toMatchObject({
      code: 'half-precision-overflow',
      message: expect.stringContaining('ask for precision float32'),
    });
    expect(await openTower(backbone, gpu, 'float32').features([image(backbone)])).toEqual([features]);
  });

  const check = askOnnxChecker();
  (check ? test : test.skip)('is a graph that onnx.checker accepts', async () => {
    const backbone = openTinyClip();
    const models: Uint8Array[] = [];
    const createSession = (model: ModelSource) => {
      if ('bytes' in model) models.push(model.bytes);
      return testRuntime.createSession(model);
    };
    await openTower(backbone, { provider: 'cuda', createSession }).features([image(backbone)]);
    const folder = path.dirname(Object.values(backbone.weights)[0]!);
    writeFileSync(path.join(folder, 'tower.onnx'), models[0]!);
    expect(check!([path.join(folder, 'tower.onnx')])).toBeUndefined();
  });
});

/** The tiny CLIP with positions so large that what comes out of its first blocks is beyond float16. */
function overflowing(): Backbone {
  const tiny = openTinyClip();
  const weightsPath = path.join(temporaryFolder(), 'open_clip_model.safetensors');
  const tensors = [...readSafetensorsFile(Object.values(tiny.weights)[0]!)].map(([name, tensor]) => {
    const scaled =
      name === 'visual.ln_pre.weight' ? Float32Array.from(tensor.data as Float32Array, (x) => x * 1e5) : tensor.data;
    return [name, { ...tensor, data: scaled }] as const;
  });
  writeFileSync(weightsPath, writeSafetensors(tensors));
  return openClipBackbone({ weightsPath, activation: 'quickgelu', imageHeads: 4, textHeads: 4, taps: [1] });
}
