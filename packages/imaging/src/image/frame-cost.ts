/** What a frame takes in memory while it is decoded, beside its file; known from headers. */
export interface FrameCost {
  readonly pixels: number;
  /**
   * Of decoding it to 8 bits a channel: figures that `bench/decoding.mjs` measured for its kind of file
   * (docs/clinic.md), rounded up.
   */
  readonly bytesPerPixel: number;
  /** Of the decoded frame: 1 to 4. */
  readonly channels: number;
}
