import { writeModel } from '@mediclip/onnx-graph';
import type { NormalImage } from '@mediclip/synthesis';
import { featureInputs } from '../graphs/artifacts.js';
import { stackFeatures } from '../tower/features.js';
import { rgbOf } from '../tower/rgb.js';
import type { Tower } from '../tower/tower.js';
import { channelMoments } from './channel-moments.js';
import { greyLayout } from './grey-layout.js';
import type { KindDescription } from './likeness.js';

/** What images of the tower's side are compared by when their kind is in question, one after the other. */
export async function* describeKinds(tower: Tower, images: readonly NormalImage[]): AsyncGenerator<KindDescription> {
  const { runtime, backbone, taps } = tower;
  const inputs = featureInputs(backbone, taps, 1);
  const session = await runtime.createSession({
    bytes: writeModel({ name: 'moments', inputs, outputs: { moments: channelMoments(inputs) } }),
  });
  try {
    for (const { data } of images) {
      const rgb = rgbOf(data, backbone.side);
      const { moments } = await session.run(stackFeatures([await tower.featuresAlone(rgb)], backbone, taps, 1));
      yield { moments: moments!.data as Float32Array, layout: greyLayout(rgb, backbone.side) };
    }
  } finally {
    await session.release();
  }
}
