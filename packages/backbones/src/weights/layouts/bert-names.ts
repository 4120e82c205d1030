import type { BertWeights } from '../../towers/bert-text.js';
import type { WeightFile } from '../weight-file.js';
import { checkHeads, countBlocks, linearAt, matrixShape, normAt } from './names.js';

const epsilon = 1e-12;

/** The weights of a BERT stored under Hugging Face's names (`BertModel`) after `prefix`. Throws `WeightsError`. */
export function bertWeights(file: WeightFile, prefix: string, heads: number): BertWeights {
  const positions = `${prefix}embeddings.position_embeddings.weight`;
  const segments = `${prefix}embeddings.token_type_embeddings.weight`;
  const [contextLength, width] = matrixShape(file, positions);
  checkHeads(file, heads, width);
  const norm = (name: string) => normAt(file, name, width, epsilon);
  const square = (name: string) => linearAt(file, name, width, width);
  const blocks = Array.from({ length: countBlocks(file, `${prefix}encoder.layer`) }, (_, index) => {
    const layer = `${prefix}encoder.layer.${index}`;
    const [mlpWidth] = matrixShape(file, `${layer}.intermediate.dense.weight`);
    return {
      attention: {
        query: square(`${layer}.attention.self.query`),
        key: square(`${layer}.attention.self.key`),
        value: square(`${layer}.attention.self.value`),
        output: square(`${layer}.attention.output.dense`),
        heads,
      },
      attentionNorm: norm(`${layer}.attention.output.LayerNorm`),
      expand: linearAt(file, `${layer}.intermediate.dense`, mlpWidth, width),
      contract: linearAt(file, `${layer}.output.dense`, width, mlpWidth),
      mlpNorm: norm(`${layer}.output.LayerNorm`),
    };
  });
  return {
    positionalEmbedding: file.constant(positions, [contextLength, width]),
    segmentEmbedding: file.rowsConstant(segments, [2, width], 0, 1),
    embeddingNorm: norm(`${prefix}embeddings.LayerNorm`),
    blocks,
  };
}
