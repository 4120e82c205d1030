import { gather, reshape, type Value } from '@mediclip/onnx-graph';

/**
 * The tokens of some prompts that have to be computed, as rows one under the other: padding that nobody sees has none,
 * and prompts that begin alike share those of their beginning where a token sees only what stands before it.
 */
export interface TokenRows {
  /** [rows]: where each row stands in the prompts, as `prompt * tokens + place`. */
  readonly sources: readonly number[];
  /** [prompts * tokens]: the row of each token; null for padding. */
  readonly places: readonly (number | null)[];
}

/** Where the tokens of prompts stand. */
export interface PromptTokens {
  /** [prompts]: the place of the end token; what follows is padding. */
  readonly endPositions: readonly number[];
  /** The tokens that have to be computed. */
  readonly rows: TokenRows;
}

/**
 * The rows of prompts of `lengths` in [prompts, tokens]. With `keyOf`, which tells tokens apart by what they embed,
 * prompts share the rows of their common beginnings.
 */
export function tokenRows(
  lengths: readonly number[],
  tokens: number,
  keyOf?: (prompt: number, place: number) => number | string,
): TokenRows {
  const sources: number[] = [];
  const places: (number | null)[] = [];
  const rowOf = new Map<string, number>();
  for (const [prompt, length] of lengths.entries()) {
    let beginning = '';
    for (let place = 0; place < tokens; place++) {
      if (place >= length) {
        places.push(null);
        continue;
      }
      beginning += ` ${keyOf ? keyOf(prompt, place) : `${prompt}`}`;
      const known = rowOf.get(beginning);
      places.push(known ?? sources.length);
      if (known !== undefined) continue;
      rowOf.set(beginning, sources.length);
      sources.push(prompt * tokens + place);
    }
  }
  return { sources, places };
}

/** [prompts, tokens, width] -> [rows, width] */
export function toRows(prompts: Value, { sources }: TokenRows): Value {
  const width = prompts.shape.at(-1)!;
  return gather(reshape(prompts, [prompts.shape[0]! * prompts.shape[1]!, width]), sources);
}

/** [rows, width] -> [prompts, tokens, width], with zeros for padding. */
export function fromRows(rows: Value, { places }: TokenRows, prompts: number): Value {
  return gather(rows, places, [prompts, places.length / prompts]);
}
