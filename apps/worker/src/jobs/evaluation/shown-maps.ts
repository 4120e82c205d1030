import { caseCandidates } from '@mediclip/evaluation';
import type { AnomalyMap } from '@mediclip/maps';

interface Kept {
  readonly index: number;
  readonly abnormal: boolean;
  readonly scored: AnomalyMap;
}

/** The maps of the images that the report may show, whatever comes yet: a dozen, however many images are evaluated. */
export class ShownMaps {
  #kept: readonly Kept[] = [];

  /** Takes the map of an image; `index` is its place among the evaluated images, and grows from call to call. */
  offer(index: number, abnormal: boolean, scored: AnomalyMap): void {
    const all = [...this.#kept, { index, abnormal, scored }];
    const candidates = new Set(
      caseCandidates(
        all.map(({ scored: { logit, score } }) => logit ?? score),
        all.map((kept) => kept.abnormal),
      ),
    );
    this.#kept = all.filter((_, place) => candidates.has(place));
  }

  /** Maps that are held now. */
  get size(): number {
    return this.#kept.length;
  }

  /** The map of an image that `chooseCases` chose among all that were offered. */
  of(index: number): AnomalyMap {
    const kept = this.#kept.find((candidate) => candidate.index === index);
    if (!kept) throw new Error(`This is a bug: the map of image ${index} was not kept.`);
    return kept.scored;
  }
}
