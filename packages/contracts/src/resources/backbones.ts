import { z } from 'zod';
import { pageSchema } from './pages.js';
import { digestSchema } from './primitives.js';

const backboneSchema = z
  .strictObject({
    id: z.string().meta({ examples: ['lite'] }),
    name: z.string().meta({ examples: ['EfficientNet-Lite0 with all-MiniLM-L6-v2'] }),
    description: z.string(),
    family: z
      .enum(['clip-vit', 'clip-resnet', 'timm-vit', 'efficientnet-lite'])
      .meta({ description: 'Family of the image tower.' }),
    textFamily: z.enum(['clip', 'bert']).meta({ description: 'Family of the text tower.' }),
    contrastive: z.boolean().meta({ description: 'Whether both towers were trained together on image-text pairs.' }),
    inputSide: z
      .int()
      .min(1)
      .meta({ description: 'Side of the square input, pixels.', examples: [224] }),
    embeddingWidth: z
      .int()
      .min(1)
      .meta({ description: 'Width of the space that maps are computed in.', examples: [384] }),
    taps: z.array(z.int().min(0)).meta({ description: 'Layers whose features are used.', examples: [[4, 10, 15]] }),
    tapWidths: z.array(z.int().min(1)).meta({ description: 'Channels of every tap.', examples: [[40, 112, 320]] }),
    bundled: z.boolean().meta({ description: 'Whether the weights come with the product.' }),
    available: z.boolean().meta({ description: 'Whether the weights are on this server.' }),
    licence: z.string().meta({ description: 'Licence of the weights.', examples: ['Apache-2.0'] }),
    digest: digestSchema.nullable().meta({ description: 'Digest of the weights; null as long as they are unknown.' }),
  })
  .meta({ id: 'Backbone', description: 'A pair of frozen towers that detectors are adapted from.' });

export type Backbone = z.infer<typeof backboneSchema>;

export const backbonePageSchema = pageSchema(backboneSchema, 'BackbonePage', 'In the order of the catalogue.');
