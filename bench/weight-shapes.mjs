/** Names and shapes of the weights of CLIP's families as OpenCLIP stores them. */

const affine = (name, ...shape) => ({ [`${name}.weight`]: shape, [`${name}.bias`]: [shape[0]] });
const many = (count, make) => Object.assign({}, ...Array.from({ length: count }, (_, index) => make(index)));

const block = (name, width) => ({
  ...affine(`${name}.ln_1`, width),
  [`${name}.attn.in_proj_weight`]: [3 * width, width],
  [`${name}.attn.in_proj_bias`]: [3 * width],
  ...affine(`${name}.attn.out_proj`, width, width),
  ...affine(`${name}.ln_2`, width),
  ...affine(`${name}.mlp.c_fc`, 4 * width, width),
  ...affine(`${name}.mlp.c_proj`, width, 4 * width),
});

/** CLIP's vision transformer. */
export const clipVit = (width, layers, patch, side, embedding) => ({
  'visual.class_embedding': [width],
  'visual.positional_embedding': [(side / patch) ** 2 + 1, width],
  'visual.conv1.weight': [width, 3, patch, patch],
  ...affine('visual.ln_pre', width),
  ...many(layers, (index) => block(`visual.transformer.resblocks.${index}`, width)),
  ...affine('visual.ln_post', width),
  'visual.proj': [width, embedding],
});

/** CLIP's text transformer. */
export const clipText = (width, layers, embedding) => ({
  'token_embedding.weight': [49408, width],
  positional_embedding: [77, width],
  ...many(layers, (index) => block(`transformer.resblocks.${index}`, width)),
  ...affine('ln_final', width),
  text_projection: [width, embedding],
  logit_scale: [],
});

const batchNorm = (name, channels) => ({
  ...affine(name, channels),
  [`${name}.running_mean`]: [channels],
  [`${name}.running_var`]: [channels],
});

/** CLIP's ResNet for 224 pixels; `stages` counts the bottlenecks of each stage. */
export function clipResNet(stages, width, embedding) {
  const layer = (name, index, shape) => ({
    [`${name}.conv${index}.weight`]: shape,
    ...batchNorm(`${name}.bn${index}`, shape[0]),
  });
  const bottleneck = (name, planes, inChannels, first) => ({
    ...layer(name, 1, [planes, inChannels, 1, 1]),
    ...layer(name, 2, [planes, planes, 3, 3]),
    ...layer(name, 3, [4 * planes, planes, 1, 1]),
    ...(first && {
      [`${name}.downsample.0.weight`]: [4 * planes, inChannels, 1, 1],
      ...batchNorm(`${name}.downsample.1`, 4 * planes),
    }),
  });
  const last = 32 * width;
  return {
    ...layer('visual', 1, [width / 2, 3, 3, 3]),
    ...layer('visual', 2, [width / 2, width / 2, 3, 3]),
    ...layer('visual', 3, [width, width / 2, 3, 3]),
    ...many(stages.length, (stage) => {
      const planes = width * 2 ** stage;
      const before = stage === 0 ? width : 2 * planes;
      return many(stages[stage], (place) =>
        bottleneck(`visual.layer${stage + 1}.${place}`, planes, place === 0 ? before : 4 * planes, place === 0),
      );
    }),
    'visual.attnpool.positional_embedding': [7 * 7 + 1, last],
    ...affine('visual.attnpool.q_proj', last, last),
    ...affine('visual.attnpool.k_proj', last, last),
    ...affine('visual.attnpool.v_proj', last, last),
    ...affine('visual.attnpool.c_proj', embedding, last),
  };
}

/** BiomedCLIP: timm's vision transformer and a BERT of the same width. */
export const timmVitAndBert = (width, layers, patch, side, embedding) => ({
  'visual.trunk.cls_token': [1, 1, width],
  'visual.trunk.pos_embed': [1, (side / patch) ** 2 + 1, width],
  ...affine('visual.trunk.patch_embed.proj', width, 3, patch, patch),
  ...many(layers, (index) => {
    const name = `visual.trunk.blocks.${index}`;
    return {
      ...affine(`${name}.norm1`, width),
      ...affine(`${name}.attn.qkv`, 3 * width, width),
      ...affine(`${name}.attn.proj`, width, width),
      ...affine(`${name}.norm2`, width),
      ...affine(`${name}.mlp.fc1`, 4 * width, width),
      ...affine(`${name}.mlp.fc2`, width, 4 * width),
    };
  }),
  ...affine('visual.trunk.norm', width),
  'visual.head.proj.weight': [embedding, width],
  'text.transformer.embeddings.word_embeddings.weight': [30522, width],
  'text.transformer.embeddings.position_embeddings.weight': [512, width],
  'text.transformer.embeddings.token_type_embeddings.weight': [2, width],
  ...affine('text.transformer.embeddings.LayerNorm', width),
  ...many(layers, (index) => {
    const name = `text.transformer.encoder.layer.${index}`;
    return {
      ...affine(`${name}.attention.self.query`, width, width),
      ...affine(`${name}.attention.self.key`, width, width),
      ...affine(`${name}.attention.self.value`, width, width),
      ...affine(`${name}.attention.output.dense`, width, width),
      ...affine(`${name}.attention.output.LayerNorm`, width),
      ...affine(`${name}.intermediate.dense`, 4 * width, width),
      ...affine(`${name}.output.dense`, width, 4 * width),
      ...affine(`${name}.output.LayerNorm`, width),
    };
  }),
  'text.proj.0.weight': [(width + embedding) / 2, width],
  'text.proj.2.weight': [embedding, (width + embedding) / 2],
});
