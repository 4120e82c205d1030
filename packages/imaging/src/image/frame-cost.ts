/** What a frame takes in memory while it is decoded, beside its file; known from headers. */
export interface FrameCost {
  readonly pixels: number;
  /**
   * What decoding it to 8 bits a channel takes: figures that `bench/decoding.mjs` measured for its kind of file
   * (docs/clinic.md), rounded up.
   */
  readonly bytesPerPixel: number;
  /** Channels of the decoded frame: 1 to 4. */
  readonly channels: number;
}
