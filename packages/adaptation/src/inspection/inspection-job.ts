import type { AdaptationOptions } from '@mediclip/contracts';
import type { NormalImage } from '@mediclip/synthesis';

/** Normal images that are looked at before a detector is adapted to them. */
export interface InspectionJob {
  readonly kind: 'inspection';
  readonly options: Pick<AdaptationOptions, 'backbone' | 'taps'>;
  /** Pictures with the backbone's side, as they are scored, all grey or all RGB. */
  readonly images: readonly NormalImage[];
  /** Receives what was found; `readNormalsFound` reads it. */
  readonly outFolder: string;
}
