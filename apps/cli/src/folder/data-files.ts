/** A test image with its label, and its mask where there is one. Paths are absolute. */
export interface TestFile {
  readonly file: string;
  readonly abnormal: boolean;
  readonly mask?: string;
  /** What the image belongs to: a patient, a series. */
  readonly group?: string;
}

/** Files that are left out for one reason, a sentence. Names are relative to the folder. */
export interface LeftOut {
  readonly reason: string;
  readonly files: readonly string[];
}

/** The images of a folder, each list sorted by path, normal test images before abnormal ones. */
export interface DataFolder {
  readonly trainNormal: readonly string[];
  readonly test: readonly TestFile[];
  /** What was found, as a sentence. */
  readonly found: string;
  readonly leftOut: readonly LeftOut[];
}
