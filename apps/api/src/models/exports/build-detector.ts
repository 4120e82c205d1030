import {
  AdaptationError,
  type Detector,
  type DetectorDescription,
  exportModel,
  readDetectorDescription,
  readForeignDetector,
} from '@mediclip/adaptation';
import { type Backbone, openBackbone } from '@mediclip/backbones';

/** A detector as a model for any ONNX Runtime, and what it was made with. */
export interface BuiltDetector {
  /** Id of its backbone. */
  readonly backbone: string;
  readonly backboneDigest: string;
  readonly taps: readonly number[];
  readonly intensity: DetectorDescription['intensity'];
  /** The bytes of `detector.onnx`. */
  readonly onnx: Uint8Array;
  /** The weight files that must lie beside it: absolute path by name. */
  readonly weights: Readonly<Record<string, string>>;
}

/**
 * Builds `detector.onnx` of the detector in `folder`. Opens weights and writes graphs, which takes seconds: not for an
 * event loop that others wait for. Rejects with an `AdaptationError` when the detector is damaged or was made with
 * other weights than those here, and with a `WeightsError` when its backbone cannot be opened.
 */
export async function buildDetector(folder: string, modelsFolder: string): Promise<BuiltDetector> {
  const description = await readDetectorDescription(folder);
  const backbone = openBackbone(description.backbone.id, { modelsFolder });
  assertFits(description, backbone);
  const detector = await readForeignDetector(folder, backbone);
  assertNumbers(detector);
  const { bytes, weights } = exportModel(detector, backbone);
  const { id, digest } = description.backbone;
  const { taps, intensity } = description;
  return { backbone: id, backboneDigest: digest, taps, intensity, onnx: bytes, weights };
}

function assertFits(description: DetectorDescription, backbone: Backbone): void {
  if (description.backbone.digest !== backbone.digest) {
    throw new AdaptationError(
      'backbone-mismatch',
      `The detector was made with weights of ${backbone.id} of digest ${description.backbone.digest}; those here have ${backbone.digest}.`,
    );
  }
  if (description.side !== backbone.side) {
    throw new AdaptationError('corrupt-detector', `The detector is for images of another side than ${backbone.side}.`);
  }
}

function assertNumbers({ tensors }: Detector): void {
  for (const [name, values] of tensors) {
    if (!values.every(Number.isFinite)) {
      throw new AdaptationError('corrupt-detector', `The detector's tensor ${name} has values that are no numbers.`);
    }
  }
}
