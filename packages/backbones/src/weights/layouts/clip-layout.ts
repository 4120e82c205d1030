import { transpose } from '@mediclip/onnx-graph';
import type { ClipTextWeights } from '../../towers/clip-text.js';
import type { Attention, Block } from '../../towers/transformer.js';
import type { VisionTransformerWeights } from '../../towers/vision-transformer.js';
import { WeightsError } from '../../weights-error.js';
import type { WeightFile } from '../weight-file.js';
import { checkHeads, countBlocks, gridSide, linearAt, matrixShape, normAt } from './names.js';

/** The names under which a library stores a CLIP's weights. */
export interface ClipLayout {
  readonly vision: {
    readonly blocks: string;
    readonly patchEmbedding: string;
    readonly classEmbedding: string;
    readonly positionalEmbedding: string;
    readonly preNorm: string;
  };
  readonly text: {
    readonly blocks: string;
    readonly tokenEmbedding: string;
    readonly positionalEmbedding: string;
    readonly finalNorm: string;
    readonly projection: string;
    /** Whether the projection is stored as [E, width] instead of [width, E]. */
    readonly projectionTransposed: boolean;
  };
  readonly block: {
    readonly attentionNorm: string;
    readonly expand: string;
    readonly contract: string;
    readonly mlpNorm: string;
  };
  readonly attention: (file: WeightFile, block: string, width: number, heads: number) => Attention;
}

/** OpenCLIP's and OpenAI's own names. Query, key and value are the rows of one matrix. */
const openClip: ClipLayout = {
  vision: {
    blocks: 'visual.transformer.resblocks',
    patchEmbedding: 'visual.conv1.weight',
    classEmbedding: 'visual.class_embedding',
    positionalEmbedding: 'visual.positional_embedding',
    preNorm: 'visual.ln_pre',
  },
  text: {
    blocks: 'transformer.resblocks',
    tokenEmbedding: 'token_embedding.weight',
    positionalEmbedding: 'positional_embedding',
    finalNorm: 'ln_final',
    projection: 'text_projection',
    projectionTransposed: false,
  },
  block: { attentionNorm: 'ln_1', expand: 'mlp.c_fc', contract: 'mlp.c_proj', mlpNorm: 'ln_2' },
  attention(file, block, width, heads) {
    const rows = (name: string, shape: number[], part: number) =>
      file.rowsConstant(`${block}.attn.${name}`, shape, part * width, (part + 1) * width);
    const linear = (part: number) => ({
      weight: rows('in_proj_weight', [3 * width, width], part),
      bias: rows('in_proj_bias', [3 * width], part),
    });
    const output = linearAt(file, `${block}.attn.out_proj`, width, width);
    return { query: linear(0), key: linear(1), value: linear(2), output, heads };
  },
};

/** Hugging Face's `CLIPModel`, its spelling of `pre_layrnorm` included. */
const huggingFace: ClipLayout = {
  vision: {
    blocks: 'vision_model.encoder.layers',
    patchEmbedding: 'vision_model.embeddings.patch_embedding.weight',
    classEmbedding: 'vision_model.embeddings.class_embedding',
    positionalEmbedding: 'vision_model.embeddings.position_embedding.weight',
    preNorm: 'vision_model.pre_layrnorm',
  },
  text: {
    blocks: 'text_model.encoder.layers',
    tokenEmbedding: 'text_model.embeddings.token_embedding.weight',
    positionalEmbedding: 'text_model.embeddings.position_embedding.weight',
    finalNorm: 'text_model.final_layer_norm',
    projection: 'text_projection.weight',
    projectionTransposed: true,
  },
  block: { attentionNorm: 'layer_norm1', expand: 'mlp.fc1', contract: 'mlp.fc2', mlpNorm: 'layer_norm2' },
  attention(file, block, width, heads) {
    const linear = (name: string) => linearAt(file, `${block}.self_attn.${name}`, width, width);
    return {
      query: linear('q_proj'),
      key: linear('k_proj'),
      value: linear('v_proj'),
      output: linear('out_proj'),
      heads,
    };
  },
};

const epsilon = 1e-5;

/** Tells the layout by the names that only one has. Throws `WeightsError` for a file of neither. */
export function clipLayout(file: WeightFile): ClipLayout {
  const layout = [openClip, huggingFace].find(({ text }) => file.has(`${text.finalNorm}.weight`));
  if (!layout) {
    throw new WeightsError(
      'unknown-layout',
      `${file.path} holds neither OpenCLIP's nor Hugging Face's names of CLIP weights; bring a file in one of the two layouts.`,
    );
  }
  return layout;
}

const headWidth = 64;

/**
 * The image tower's weights; `heads`, the attention heads of a block, defaults to the width / 64. Throws
 * `WeightsError`.
 */
export function clipVitWeights(
  file: WeightFile,
  { vision, ...layout }: ClipLayout,
  heads?: number,
): VisionTransformerWeights {
  const [positions, width] = matrixShape(file, vision.positionalEmbedding);
  const patch = file.shape(vision.patchEmbedding).at(-1)!;
  return {
    patchEmbedding: file.constant(vision.patchEmbedding, [width, 3, patch, patch]),
    patchBias: null,
    classEmbedding: file.constant(vision.classEmbedding, [width]),
    positionalEmbedding: () => file.numbers(vision.positionalEmbedding),
    grid: gridSide(file, positions),
    preNorm: normAt(file, vision.preNorm, width, epsilon),
    blocks: blocksAt(file, layout, vision.blocks, width, heads ?? width / headWidth),
  };
}

/** The text tower's weights; `heads` as in the image tower. Throws `WeightsError`. */
export function clipTextWeights(file: WeightFile, { text, ...layout }: ClipLayout, heads?: number): ClipTextWeights {
  const [contextLength, width] = matrixShape(file, text.positionalEmbedding);
  const projection = file.constant(text.projection, matrixShape(file, text.projection));
  return {
    positionalEmbedding: file.constant(text.positionalEmbedding, [contextLength, width]),
    blocks: blocksAt(file, layout, text.blocks, width, heads ?? width / headWidth),
    finalNorm: normAt(file, text.finalNorm, width, epsilon),
    projection: text.projectionTransposed ? transpose(projection) : projection,
  };
}

function blocksAt(
  file: WeightFile,
  { attention, block: names }: Pick<ClipLayout, 'attention' | 'block'>,
  prefix: string,
  width: number,
  heads: number,
): Block[] {
  checkHeads(file, heads, width);
  return Array.from({ length: countBlocks(file, prefix) }, (_, index) => {
    const block = `${prefix}.${index}`;
    const [mlpWidth] = matrixShape(file, `${block}.${names.expand}.weight`);
    return {
      attention: attention(file, block, width, heads),
      attentionNorm: normAt(file, `${block}.${names.attentionNorm}`, width, epsilon),
      expand: linearAt(file, `${block}.${names.expand}`, mlpWidth, width),
      contract: linearAt(file, `${block}.${names.contract}`, width, mlpWidth),
      mlpNorm: normAt(file, `${block}.${names.mlpNorm}`, width, epsilon),
    };
  });
}
