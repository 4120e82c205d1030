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

export interface Norm {
  readonly scale: Value;
  readonly bias: Value;
  readonly epsilon: number;
}

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

export const norm = (x: Value, { scale, bias, epsilon }: Norm): Value => layerNorm(x, scale, bias, epsilon);

const mlp = (x: Value, { expand, contract }: Block, activation: Activation): Value =>
  linear(activation(linear(x, expand)), contract);

/**
 * Added to the attention scores of positions that must not be seen; after the softmax they weigh exactly 0 in float32.
 */
export const masked = -1e9;

/**
 * Multi-head attention (Vaswani et al. 2017): every row of `queries` [batch, rows, width] looks at all of `tokens`
 * [batch, tokens, width]. `mask` is added to the scores [batch, heads, rows, tokens]. Gives [batch, rows, width].
 */
function attention(queries: Value, tokens: Value, weights: Attention, mask: Value | null): Value {
  const { heads } = weights;
  const width = queries.shape[2]!;
  const split = (x: Value): Value =>
    transpose(reshape(x, [x.shape[0]!, x.shape[1]!, heads, width / heads]), [0, 2, 1, 3]);

  const query = split(mul(linear(queries, weights.query), scalar(1 / Math.sqrt(width / heads))));
  const key = split(linear(tokens, weights.key));
  const value = split(linear(tokens, weights.value));
  const scores = matMul(query, transpose(key));
  const seen = matMul(softmax(mask ? add(scores, mask) : scores, -1), value);
  return linear(reshape(transpose(seen, [0, 2, 1, 3]), queries.shape), weights.output);
}

/**
 * A block with its norms in front, as in CLIP. With `select`, only the rows that it picks out of [batch, tokens, width]
 * are computed; they still attend to all tokens.
 */
export function preNormBlock(
  x: Value,
  block: Block,
  activation: Activation,
  mask: Value | null,
  select: (rows: Value) => Value = (rows) => rows,
): Value {
  const normed = norm(x, block.attentionNorm);
  const attended = add(select(x), attention(select(normed), normed, block.attention, mask));
  return add(attended, mlp(norm(attended, block.mlpNorm), block, activation));
}

/** A block with its norms behind the sums, as in BERT. */
export function postNormBlock(x: Value, block: Block, activation: Activation, mask: Value | null): Value {
  const attended = norm(add(x, attention(x, x, block.attention, mask)), block.attentionNorm);
  return norm(add(attended, mlp(attended, block, activation)), block.mlpNorm);
}
