/** The thread of `DetectorBuilder`. */
import { workerData } from 'node:worker_threads';
import { AdaptationError, type Detector, exportModel, readDetector } from '@mediclip/adaptation';
import { type Backbone, openBackbone } from '@mediclip/backbones';
import { serveTasks } from '../../threads/serve-tasks.js';
import type { BuiltDetector } from './detector-builder.js';

const { modelsFolder } = workerData as { readonly modelsFolder: string };

serveTasks(async (folder: string): Promise<BuiltDetector> => {
  const detector = await readDetector(folder);
  const { backbone, taps } = detector.description;
  const opened = openBackbone(backbone.id, { modelsFolder });
  assertFits(detector, opened);
  const { bytes, weights } = exportModel(detector, opened);
  return { backbone: backbone.id, backboneDigest: backbone.digest, taps, onnx: bytes, weights };
});

function assertFits({ description, tensors }: Detector, backbone: Backbone): void {
  if (description.backbone.digest !== backbone.digest) {
    throw new AdaptationError(
      'backbone-mismatch',
      `The detector was made with weights of ${backbone.id} of digest ${description.backbone.digest}; those here have ${backbone.digest}.`,
    );
  }
  if (description.side !== backbone.side) {
    throw new AdaptationError('corrupt-detector', `The detector is for images of another side than ${backbone.side}.`);
  }
  for (const [name, values] of tensors) {
    if (!values.every(Number.isFinite)) {
      throw new AdaptationError('corrupt-detector', `The detector's tensor ${name} has values that are no numbers.`);
    }
  }
}
