import type { VisionTransformerWeights } from '../../towers/vision-transformer.js';
import type { WeightFile } from '../weight-file.js';
import { checkHeads, countBlocks, gridSide, linearAt, normAt } from './names.js';

const epsilon = 1e-6;

/**
 * The weights of a vision transformer under timm's names after `prefix`. Query, key and value are the rows of one
 * matrix. Throws `WeightsError`.
 */
export function timmVitWeights(file: WeightFile, prefix: string, heads: number): VisionTransformerWeights {
  const positionName = `${prefix}pos_embed`;
  const [, positions = 0, width = 0] = file.shape(positionName);
  file.expectShape(positionName, [1, positions, width]);
  checkHeads(file, heads, width);
  const patch = file.shape(`${prefix}patch_embed.proj.weight`).at(-1)!;
  const blocks = Array.from({ length: countBlocks(file, `${prefix}blocks`) }, (_, index) => {
    const block = `${prefix}blocks.${index}`;
    const rows = (name: string, shape: readonly number[], part: number) =>
      file.rowsConstant(`${block}.attn.qkv.${name}`, shape, part * width, (part + 1) * width);
    const projection = (part: number) => ({
      weight: rows('weight', [3 * width, width], part),
      bias: rows('bias', [3 * width], part),
    });
    const [mlpWidth = 0] = file.shape(`${block}.mlp.fc1.weight`);
    return {
      attention: {
        query: projection(0),
        key: projection(1),
        value: projection(2),
        output: linearAt(file, `${block}.attn.proj`, width, width),
        heads,
      },
      attentionNorm: normAt(file, `${block}.norm1`, width, epsilon),
      expand: linearAt(file, `${block}.mlp.fc1`, mlpWidth, width),
      contract: linearAt(file, `${block}.mlp.fc2`, width, mlpWidth),
      mlpNorm: normAt(file, `${block}.norm2`, width, epsilon),
    };
  });
  return {
    patchEmbedding: file.constant(`${prefix}patch_embed.proj.weight`, [width, 3, patch, patch]),
    patchBias: file.constant(`${prefix}patch_embed.proj.bias`, [width]),
    classEmbedding: file.constant(`${prefix}cls_token`, [1, 1, width]),
    positionalEmbedding: () => file.numbers(positionName),
    grid: gridSide(file, positions),
    preNorm: null,
    blocks,
  };
}
