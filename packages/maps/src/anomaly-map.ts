/** How much an image is of the kind of the normal images that a detector knows. */
export interface Kinship {
  /** Share of those normals that are at least as far from the others as the image is from all of them. */
  readonly share: number;
  /** Why the image is not of their kind; undefined for one that is. */
  readonly foreign?: 'other-kind' | 'inverted' | undefined;
}

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
  /** Absent from detectors of earlier versions, and from those without a memory. */
  readonly kinship?: Kinship | undefined;
}
