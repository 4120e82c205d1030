import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs';

/** Sizes of a CLIP with a vision transformer; attention heads are 64 wide. */
export interface ClipSizes {
  readonly width: number;
  readonly layers: number;
  readonly patch: number;
  readonly grid: number;
  readonly textWidth: number;
  readonly textLayers: number;
  readonly embedding: number;
}

export const vitB32: ClipSizes = {
  width: 768,
  layers: 12,
  patch: 32,
  grid: 7,
  textWidth: 512,
  textLayers: 12,
  embedding: 512,
};

const vocabulary = 49408;
const contextLength = 77;
type Shapes = [string, number[]][];

const affine = (name: string, ...shape: number[]): Shapes => [
  [`${name}.weight`, shape],
  [`${name}.bias`, shape.slice(0, 1)],
];

/** Names and shapes as OpenCLIP writes them. */
export function openClipShapes(sizes: ClipSizes): Shapes {
  const { width, layers, patch, grid, textWidth, textLayers, embedding } = sizes;
  const block = (name: string, w: number): Shapes => [
    [`${name}.attn.in_proj_weight`, [3 * w, w]],
    [`${name}.attn.in_proj_bias`, [3 * w]],
    ...affine(`${name}.attn.out_proj`, w, w),
    ...affine(`${name}.ln_1`, w),
    ...affine(`${name}.mlp.c_fc`, 4 * w, w),
    ...affine(`${name}.mlp.c_proj`, w, 4 * w),
    ...affine(`${name}.ln_2`, w),
  ];
  return [
    ['logit_scale', []],
    ['positional_embedding', [contextLength, textWidth]],
    ['text_projection', [textWidth, embedding]],
    ['token_embedding.weight', [vocabulary, textWidth]],
    ...affine('ln_final', textWidth),
    ...many(textLayers, (index) => block(`transformer.resblocks.${index}`, textWidth)),
    ['visual.class_embedding', [width]],
    ['visual.positional_embedding', [grid * grid + 1, width]],
    ['visual.proj', [width, embedding]],
    ['visual.conv1.weight', [width, 3, patch, patch]],
    ...affine('visual.ln_pre', width),
    ...affine('visual.ln_post', width),
    ...many(layers, (index) => block(`visual.transformer.resblocks.${index}`, width)),
  ];
}

/** Names and shapes as Hugging Face's `CLIPModel` writes them. */
export function huggingFaceShapes(sizes: ClipSizes): Shapes {
  const { width, layers, patch, grid, textWidth, textLayers, embedding } = sizes;
  const block = (name: string, w: number): Shapes => [
    ...['q_proj', 'k_proj', 'v_proj', 'out_proj'].flatMap((part) => affine(`${name}.self_attn.${part}`, w, w)),
    ...affine(`${name}.layer_norm1`, w),
    ...affine(`${name}.mlp.fc1`, 4 * w, w),
    ...affine(`${name}.mlp.fc2`, w, 4 * w),
    ...affine(`${name}.layer_norm2`, w),
  ];
  return [
    ['logit_scale', []],
    ['text_projection.weight', [embedding, textWidth]],
    ['visual_projection.weight', [embedding, width]],
    ['text_model.embeddings.token_embedding.weight', [vocabulary, textWidth]],
    ['text_model.embeddings.position_embedding.weight', [contextLength, textWidth]],
    ...affine('text_model.final_layer_norm', textWidth),
    ...many(textLayers, (index) => block(`text_model.encoder.layers.${index}`, textWidth)),
    ['vision_model.embeddings.class_embedding', [width]],
    ['vision_model.embeddings.patch_embedding.weight', [width, 3, patch, patch]],
    ['vision_model.embeddings.position_embedding.weight', [grid * grid + 1, width]],
    ...affine('vision_model.pre_layrnorm', width),
    ...affine('vision_model.post_layernorm', width),
    ...many(layers, (index) => block(`vision_model.encoder.layers.${index}`, width)),
  ];
}

const many = (count: number, make: (index: number) => Shapes): Shapes =>
  Array.from({ length: count }, (_, index) => make(index)).flat();

/** Writes a safetensors file of zeros in half precision; they take no room on a file system with holes. */
export function writeZeros(path: string, shapes: Shapes): void {
  let end = 0;
  const entries = shapes.map(([name, shape]) => {
    const start = end;
    end += shape.reduce((product, extent) => product * extent, 2);
    return [name, { dtype: 'F16', shape, data_offsets: [start, end] }] as const;
  });
  const header = Buffer.from(JSON.stringify(Object.fromEntries(entries)));
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(header.length));
  const descriptor = openSync(path, 'w');
  writeSync(descriptor, Buffer.concat([prefix, header]));
  ftruncateSync(descriptor, prefix.length + header.length + end);
  closeSync(descriptor);
}
