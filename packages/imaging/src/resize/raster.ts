/** Eight-bit pixels, row-major, channels interleaved: `width * height * channels` bytes. */
export interface Raster {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly data: Uint8Array;
}
