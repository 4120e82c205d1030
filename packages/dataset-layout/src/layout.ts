import type { Label, Split } from '@mediclip/contracts';

/** What an entry is to the data set. Numbers are places in the list of names that was given. */
export type PlacedEntry =
  | {
      readonly role: 'image';
      readonly split: Split;
      readonly label: Label;
      /** The mask of an abnormal image. */
      readonly mask?: number | undefined;
      /** As the sample list says, or the folder of a kind of defect. */
      readonly className?: string | undefined;
      /** As the sample list says. */
      readonly group?: string | undefined;
      /** The folder below the one that says the label, if the image lies in one: of a patient, or of a series. */
      readonly folder?: string | undefined;
    }
  | { readonly role: 'mask'; readonly images: readonly number[] }
  | { readonly role: 'list' }
  /** Nothing of the data set; the reason is a sentence. */
  | { readonly role: 'ignored'; readonly reason: string }
  /** Meant for the data set, and not usable; the reason is a sentence. */
  | { readonly role: 'refused'; readonly fault: 'mask-without-image' | 'listed-file-missing'; readonly reason: string };

/**
 * `lists`: the paper's, `images/` with sample lists. `folders`: `train/normal`, `test/normal`, `test/abnormal`,
 * `masks`. `defects`: a folder for each kind of abnormal images, as `train/good`, `test/good`, `test/<defect>`,
 * `ground_truth/<defect>` (MVTec AD). `plain`: images at the top.
 */
export type LayoutKind = 'lists' | 'folders' | 'defects' | 'plain' | 'unknown';

/** A file that a sample list names and that is not there. */
export interface MissingFile {
  readonly fileName: string;
  /** A sentence that names list and line. */
  readonly reason: string;
}

export interface DatasetLayout {
  readonly kind: LayoutKind;
  /** For every name that was given, in the same order. */
  readonly entries: readonly PlacedEntry[];
  readonly missing: readonly MissingFile[];
  /** A sentence for people: the layout, and how much of what was found. */
  readonly found: string;
}
