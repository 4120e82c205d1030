/** What a detector says about an image. */
export interface AnomalyMap {
  /** 0 to 1. */
  readonly score: number;
  /** Probability of abnormal, [mapSide, mapSide], row-major. */
  readonly map: Float32Array;
  readonly mapSide: number;
}
