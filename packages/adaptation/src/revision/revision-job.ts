import type { NormalImage } from '@mediclip/synthesis';
import type { InspectionJob } from '../inspection/inspection-job.js';
import type { AdaptationJob } from '../training/job.js';

/** Where a revised detector comes from. */
interface RevisionOrigin {
  /** Per image, the digest of its pixels as they are scored. */
  readonly pixelDigests: readonly string[];
  /** Digest of the files of the detector that is revised, SHA-256. */
  readonly parentDigest: string;
}

/** A detector whose memory is to be drawn again over more normals. */
export interface RevisionJob {
  /** Folder of the detector that is revised; it is only read. */
  readonly parentFolder: string;
  /**
   * Pictures with the backbone's side, all grey or all RGB: the normals that the detector knows, in the order of its
   * making, then the added ones.
   */
  readonly images: readonly NormalImage[];
  readonly origin: RevisionOrigin;
  /** For what does not fit in memory. */
  readonly workFolder: string;
  /** Receives the new detector's files at the end. */
  readonly outFolder: string;
}

/** Work that goes on in small parts: it ends with a detector, or with what is found of normal images. */
export type DetectorJob = AdaptationJob | RevisionJob | InspectionJob;
