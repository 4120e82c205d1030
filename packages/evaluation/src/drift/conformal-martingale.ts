import { Bag } from './bag.js';

/**
 * What each part of the capital is multiplied by after a p-value: at least 0, and 1 on average over uniform ones. They
 * bet on scores that rise (small p-values), fall, spread or draw together, and one does not bet.
 */
const bets: readonly ((p: number) => number)[] = [
  () => 1,
  ...[-2, -1, 1, 2].map((stake) => (p: number) => 1 + stake * (p - 0.5)),
  ...[-1, 1].map((stake) => (p: number) => 1 + stake * (4 * Math.abs(p - 0.5) - 1)),
];
/** Share of the capital that moves to all bets evenly before each bet. */
const jumpingRate = 0.01;
/** Capital is kept in a range that doubles hold: beyond it, only that it is beyond matters. */
const [leastCapital, mostCapital] = [1e-200, 1e200];

/** What a martingale goes on from; plain numbers, to be stored. */
interface MartingaleState {
  /** Capital on each bet. */
  readonly capital: readonly number[];
  /** The highest capital so far: an alarm that was given stays. */
  readonly highest: number;
  readonly observations: number;
  /** Counts of all scores so far by bin, those of the calibration included: pairs of bin and count. */
  readonly bins: readonly (readonly [bin: number, count: number])[];
}

/**
 * A conformal test martingale over the scores of one model: while new images are exchangeable with the calibration
 * images, its capital reaches `1 / rate` with a probability of at most `rate`, however often one looks. The conformal
 * p-value of each score is counted in the calibration scores and all scores before it, with ties broken at random; the
 * capital moves between bets as the Simple Jumper's.
 * Source: Vovk et al., "Retrain or not retrain: conformal test martingales for change-point detection", COPA 2021.
 */
export class ConformalMartingale {
  readonly #bag: Bag;
  readonly #capital: number[];
  #highest: number;
  #observations: number;

  private constructor(bag: Bag, capital: readonly number[], highest: number, observations: number) {
    this.#bag = bag;
    this.#capital = [...capital];
    this.#highest = highest;
    this.#observations = observations;
  }

  /** Before the first observation, over the scores of the calibration images. */
  static begin(calibrationScores: Iterable<number>): ConformalMartingale {
    const bag = new Bag();
    for (const score of calibrationScores) bag.add(score);
    return new ConformalMartingale(
      bag,
      bets.map(() => 1 / bets.length),
      1,
      0,
    );
  }

  static resume({ capital, highest, observations, bins }: MartingaleState): ConformalMartingale {
    return new ConformalMartingale(Bag.of(bins), capital, highest, observations);
  }

  /**
   * Takes the next score; `uniform` is a random number from 0 to 1 of its own. Returns the score's p-value among all
   * scores so far.
   */
  observe(score: number, uniform: number): number {
    const p = this.#bag.pValue(score, uniform);
    this.#bag.add(score);
    this.#observations++;
    const shared = (jumpingRate * sum(this.#capital)) / bets.length;
    for (const [i, bet] of bets.entries()) {
      const before = (1 - jumpingRate) * this.#capital[i]! + shared;
      this.#capital[i] = Math.max(leastCapital, Math.min(mostCapital, before * bet(p)));
    }
    this.#highest = Math.max(this.#highest, this.capital);
    return p;
  }

  /** 1 at the beginning. */
  get capital(): number {
    return sum(this.#capital);
  }

  get highest(): number {
    return this.#highest;
  }

  get observations(): number {
    return this.#observations;
  }

  get state(): MartingaleState {
    return {
      capital: [...this.#capital],
      highest: this.#highest,
      observations: this.#observations,
      bins: this.#bag.bins,
    };
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
