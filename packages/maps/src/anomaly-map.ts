/** What a detector says about an image. */
export interface AnomalyMap {
  /** 0 to 1. */
  readonly score: number;
  /**
   * log(score / (1 - score)), which does not saturate: it orders images whose scores are all 1 in 32 bits. Absent from
   * earlier versions.
   */
  readonly logit?: number | undefined;
  /** Probability of abnormal, [mapSide, mapSide], row-major. */
  readonly map: Float32Array;
  readonly mapSide: number;
}
