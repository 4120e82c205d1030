import type { Attributes } from './attributes.js';

const sharedGroups = 'x52009229';
const perFrameGroups = 'x52009230';

/**
 * Where the attributes of a frame stand: enhanced multi-frame objects keep them in a macro (a sequence of one item) of
 * the frame's or of the shared functional groups (PS3.3, C.7.6.16), others at the top level.
 */
export class FrameAttributes {
  readonly #top: Attributes;
  readonly #shared: Attributes | undefined;
  readonly #perFrame: readonly Attributes[];

  constructor(attributes: Attributes) {
    this.#top = attributes;
    this.#shared = attributes.items(sharedGroups)[0];
    this.#perFrame = attributes.items(perFrameGroups);
  }

  /** The item of a macro that holds for a frame, else the data set itself. */
  of(macroTag: string, frame: number): Attributes {
    return this.#perFrame[frame]?.items(macroTag)[0] ?? this.#shared?.items(macroTag)[0] ?? this.#top;
  }
}
