import type { Label, ProblemError, Split } from '@mediclip/contracts';
import type { DicomIdentity, ImagingPool, Reading } from '@mediclip/imaging';
import type { ImageRepository } from '@mediclip/store';
import type { ByteBudget } from '@mediclip/threads';
import type { FileNames } from './file-names.js';
import type { SpooledFile } from './spool.js';

/** A file that is to become an image of a data set. */
export interface IncomingImage {
  readonly fileName: string;
  readonly split: Split;
  readonly label: Label;
  /** In place of the one that the file tells. */
  readonly group?: string | undefined;
  /** How the file is read, where that can be done in more than one way. */
  readonly reading?: Reading | undefined;
  readonly file: SpooledFile;
  /** A problem in place of a mask that came, but cannot belong to this file. */
  readonly mask?: SpooledFile | ProblemError | undefined;
}

export interface IntakeOptions {
  readonly images: ImageRepository;
  readonly imaging: Pick<ImagingPool, 'frame' | 'frames' | 'identity'>;
  /** What becomes of names; by default they are kept. */
  readonly names?: FileNames | undefined;
  /** Seals which instance a DICOM file is; without it nothing of that is kept. */
  readonly seal?: ((identity: DicomIdentity) => Uint8Array | undefined) | undefined;
  /** Place of the first file in the upload, where that comes in parts; by default 0. */
  readonly firstIndex?: number | undefined;
  readonly datasetId: string;
  /** Images that the data set may get yet. */
  readonly room: number;
  /** Images of the largest data set that is allowed, for people to read. */
  readonly datasetImages: number;
  readonly maximumBytes: number;
  /** The same again when the upload is repeated with its `Idempotency-Key`. */
  readonly uploadId: string;
  /** Whether no other process has taken over the upload. */
  readonly isOurs: () => Promise<boolean>;
  readonly signal: AbortSignal;
  /** The tenant: files of different ones take turns. */
  readonly caller: string;
  /** The budget of this process for files on their way to the store. */
  readonly memory: ByteBudget;
}
