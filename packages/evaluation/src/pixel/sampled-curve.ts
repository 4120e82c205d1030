/** A monotone curve y(x) that is given point by point and kept only at fixed places, linearly interpolated. */
export class SampledCurve {
  readonly values: number[] = [];
  #x = 0;
  #y = 0;

  /** `places` ascend from 0 to 1. The curve starts at (0, 0). */
  constructor(readonly places: readonly number[]) {}

  /** The next point; `x` never falls. At a vertical rise the highest point counts. */
  step(x: number, y: number): void {
    while (this.values.length < this.places.length && this.places[this.values.length]! < x) {
      const share = (this.places[this.values.length]! - this.#x) / (x - this.#x);
      this.values.push(this.#y + share * (y - this.#y));
    }
    this.#x = x;
    this.#y = y;
  }

  /** Fills the places that are left with the last point and returns all values. */
  finish(): readonly number[] {
    while (this.values.length < this.places.length) this.values.push(this.#y);
    return this.values;
  }
}
