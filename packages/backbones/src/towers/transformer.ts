import {
  add,
  cast,
  layerNorm,
  matMul,
  mul,
  reshape,
  scalar,
  softmax,
  transpose,
  type Value,
} from '@mediclip/onnx-graph';

/** `weight` [out, in], as PyTorch stores it, and `bias` [out]. */
export interface Linear {
  readonly weight: Value;
  readonly bias: Value;
}

/** A layer norm over the last axis: scale and shift [width]. */
export interface Norm {
  readonly scale: Value;
  readonly bias: Value;
  readonly epsilon: number;
}

/** Multi-head self-attention: four projections [width, width], of `heads` heads. */
export interface Attention {
  readonly query: Linear;
  readonly key: Linear;
  readonly value: Linear;
  readonly output: Linear;
  readonly heads: number;
}

/** The weights of one transformer block; where its norms stand is the tower's matter. */
export interface Block {
  readonly attention: Attention;
  readonly attentionNorm: Norm;
  readonly expand: Linear;
  readonly contract: Linear;
  readonly mlpNorm: Norm;
}

/** The activation between the two layers of a block's MLP. */
export type Activation = (x: Value) => Value;

const linear = (x: Value, { weight, bias }: Linear): Value => add(matMul(x, transposed(weight)), bias);

/**
 * A weight in half precision is transposed before it is widened: a runtime does both while it loads the graph, and
 * keeps what each of them made until the end.
 */
function transposed(weight: Value): Value {
  const { origin } = weight;
  const stored = origin.kind === 'output' && origin.node.operator === 'Cast' ? origin.node.inputs[0] : null;
  return stored ? cast(transpose(stored), weight.dtype) : transpose(weight);
}

/** A layer norm of `x` [..., width]. */
export const norm = (x: Value, { scale, bias, epsilon }: Norm): Value => layerNorm(x, scale, bias, epsilon);

const mlp = (x: Value, { expand, contract }: Block, activation: Activation): Value =>
  linear(activation(linear(x, expand)), contract);

/**
 * Added to the attention scores of positions that must not be seen; after the softmax they weigh exactly 0 in float32.
 */
export const masked = -1e9;

/** How the tokens that blocks work on stand in sequences that attend to each other. */
export interface Sequences {
  /** To [batch, tokens, width]. */
  readonly spread: (tokens: Value) => Value;
  /** Back from [batch, tokens, width]. */
  readonly collect: (sequences: Value) => Value;
}

/** Tokens that are [batch, tokens, width] as they are. */
const sequences: Sequences = { spread: (tokens) => tokens, collect: (tokens) => tokens };

interface Attending {
  /** The tokens that look, and how they stand in sequences. */
  readonly queries: Value;
  readonly from: Sequences;
  /** The tokens that they look at: all of the same sequence. */
  readonly tokens: Value;
  readonly to: Sequences;
  /** Added to the scores [batch, heads, queries, tokens]. */
  readonly mask: Value | null;
}

/** Multi-head attention (Vaswani et al. 2017): every query looks at all tokens of its sequence. Shaped as `queries`. */
function attention({ queries, from, tokens, to, mask }: Attending, weights: Attention): Value {
  const { heads } = weights;
  const width = queries.shape.at(-1)!;
  const split = (x: Value): Value =>
    transpose(reshape(x, [x.shape[0]!, x.shape[1]!, heads, width / heads]), [0, 2, 1, 3]);

  const query = split(from.spread(mul(linear(queries, weights.query), scalar(1 / Math.sqrt(width / heads)))));
  const key = split(to.spread(linear(tokens, weights.key)));
  const value = split(to.spread(linear(tokens, weights.value)));
  const scores = matMul(query, transpose(key));
  const seen = transpose(matMul(softmax(mask ? add(scores, mask) : scores, -1), value), [0, 2, 1, 3]);
  const [batch, count] = seen.shape as [number, number];
  return linear(from.collect(reshape(seen, [batch, count, width])), weights.output);
}

/** Some of the tokens, and how they stand in sequences. */
export interface Selection {
  readonly pick: (tokens: Value) => Value;
  readonly from: Sequences;
}

/**
 * A block with its norms in front, as in CLIP. With `selection`, only the tokens that it picks are computed; they still
 * attend to all tokens.
 */
export function preNormBlock(
  x: Value,
  block: Block,
  activation: Activation,
  mask: Value | null,
  to: Sequences = sequences,
  { pick, from }: Selection = { pick: (tokens) => tokens, from: to },
): Value {
  const tokens = norm(x, block.attentionNorm);
  const attended = add(pick(x), attention({ queries: pick(tokens), from, tokens, to, mask }, block.attention));
  return add(attended, mlp(norm(attended, block.mlpNorm), block, activation));
}

/** A block with its norms behind the sums, as in BERT. */
export function postNormBlock(
  x: Value,
  block: Block,
  activation: Activation,
  mask: Value | null,
  to: Sequences,
): Value {
  const seen = attention({ queries: x, from: to, tokens: x, to, mask }, block.attention);
  const attended = norm(add(x, seen), block.attentionNorm);
  return norm(add(attended, mlp(attended, block, activation)), block.mlpNorm);
}
