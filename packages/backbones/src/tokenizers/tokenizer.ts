/** Turns text into the ids of a text tower's vocabulary. */
export interface Tokenizer {
  /** Ids of `text`, without start and end tokens, never cut. */
  encode(text: string): number[];
  /**
   * A special token that is written out in the text, e.g. `<end_of_text>` or `[SEP]`; such text cannot be part of a
   * prompt.
   */
  specialTokenIn(text: string): string | undefined;
  /** Number of ids. */
  readonly size: number;
  readonly startId: number;
  readonly endId: number;
  readonly padId: number;
}
