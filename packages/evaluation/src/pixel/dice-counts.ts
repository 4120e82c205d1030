/** Per image: how a fixed threshold divides its pixels. */
export class DiceCounts {
  readonly #bothAbnormal: number[] = [];
  readonly #predictedAbnormal: number[] = [];
  readonly #trulyAbnormal: number[] = [];

  constructor(readonly threshold: number) {}

  /** A pixel is predicted abnormal when its score is at least the threshold. */
  add(map: Float32Array, mask: Uint8Array): void {
    let both = 0;
    let predicted = 0;
    let truly = 0;
    for (let pixel = 0; pixel < map.length; pixel++) {
      const flagged = map[pixel]! >= this.threshold;
      if (flagged) predicted++;
      if (mask[pixel]) truly++;
      if (flagged && mask[pixel]) both++;
    }
    this.#bothAbnormal.push(both);
    this.#predictedAbnormal.push(predicted);
    this.#trulyAbnormal.push(truly);
  }

  /** Adds all images of `other` after those of this. */
  merge(other: DiceCounts): void {
    for (let i = 0; i < other.#bothAbnormal.length; i++) {
      this.#bothAbnormal.push(other.#bothAbnormal[i]!);
      this.#predictedAbnormal.push(other.#predictedAbnormal[i]!);
      this.#trulyAbnormal.push(other.#trulyAbnormal[i]!);
    }
  }

  /** 2 |A and B| / (|A| + |B|) over the pixels of all images, image i counting `multiplicities[i]` times; NaN when both are empty. */
  dice(multiplicities?: Uint32Array): number {
    let both = 0;
    let sizes = 0;
    for (let i = 0; i < this.#bothAbnormal.length; i++) {
      const times = multiplicities ? multiplicities[i]! : 1;
      both += times * this.#bothAbnormal[i]!;
      sizes += times * (this.#predictedAbnormal[i]! + this.#trulyAbnormal[i]!);
    }
    return (2 * both) / sizes;
  }
}
