import type { ImageFamily, PerChannel, TextFamily } from '../backbone.js';
import { type ClipActivation, clipMean, clipStd } from '../families/clip.js';
import { WeightsError } from '../weights-error.js';

/** What is known of a backbone without its weights. */
export interface CatalogueEntry {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly family: ImageFamily;
  readonly textFamily: TextFamily;
  /** Whether both towers were trained together on pairs of images and texts. */
  readonly contrastive: boolean;
  /** Whether the weights come with the product. */
  readonly bundled: boolean;
  /** Licence of the weights, an SPDX id. */
  readonly licence: string;
  /** Side of the square input in pixels. */
  readonly side: number;
  readonly mean: PerChannel;
  readonly std: PerChannel;
  /** The activation function of the transformer blocks. */
  readonly activation: ClipActivation;
  /** Attention heads of a vision transformer where they are not its width / 64. */
  readonly imageHeads?: number;
  readonly embeddingWidth: number;
  readonly textWidth: number;
  /** Default taps and their channels. */
  readonly taps: readonly number[];
  readonly tapWidths: readonly number[];
  /** Side of every default tap's feature map. */
  readonly tapGrids: readonly number[];
  /** The weight files, by the names that they have in the hub's repository and in the backbone's folder. */
  readonly files: readonly string[];
  /** Repository on the Hugging Face hub from which the files can be pulled as they are; null where there is none. */
  readonly hubRepository: string | null;
}

/** The weight file of every backbone that is not bundled. */
export const openClipFile = 'open_clip_model.safetensors';
const half: PerChannel = [0.5, 0.5, 0.5];

const clip = {
  textFamily: 'clip',
  contrastive: true,
  bundled: false,
  licence: 'MIT',
  side: 224,
  mean: clipMean,
  std: clipStd,
  files: [openClipFile],
} as const;

const openAi = { ...clip, activation: 'quickgelu' } as const;
const laion = { ...clip, family: 'clip-vit', activation: 'gelu' } as const;
const threeTaps = (width: number, grid: number) => ({ tapWidths: [width, width, width], tapGrids: [grid, grid, grid] });
const fourStages = { tapWidths: [256, 512, 1024, 2048], tapGrids: [56, 28, 14, 7] };

/** Every backbone that can be named, the default first. Architectures as their authors published them. */
export const catalogue: readonly CatalogueEntry[] = [
  {
    id: 'lite',
    name: 'EfficientNet-Lite0 with all-MiniLM-L6-v2',
    description:
      'Bundled and small, with a second image tower (EfficientNet-Lite2) for the memory of normal patches. The towers were trained apart, on ImageNet and on sentence pairs: this is no contrastively trained CLIP.',
    family: 'efficientnet-lite',
    textFamily: 'bert',
    contrastive: false,
    bundled: true,
    licence: 'Apache-2.0',
    side: 224,
    mean: [0.498, 0.498, 0.498],
    std: [0.502, 0.502, 0.502],
    activation: 'gelu',
    embeddingWidth: 384,
    textWidth: 384,
    taps: [4, 10, 15],
    tapWidths: [40, 112, 320],
    tapGrids: [28, 14, 7],
    files: ['image.safetensors', 'memory.safetensors', 'text.safetensors'],
    hubRepository: null,
  },
  {
    ...openAi,
    id: 'openai-vit-b-32',
    name: 'CLIP ViT-B/32 (OpenAI)',
    description: 'The smallest and fastest of the CLIP vision transformers; a grid of 7 x 7.',
    family: 'clip-vit',
    embeddingWidth: 512,
    textWidth: 512,
    taps: [6, 9, 12],
    ...threeTaps(768, 7),
    hubRepository: 'timm/vit_base_patch32_clip_224.openai',
  },
  {
    ...openAi,
    id: 'openai-vit-b-16',
    name: 'CLIP ViT-B/16 (OpenAI)',
    description: 'As ViT-B/32 with a finer grid of 14 x 14.',
    family: 'clip-vit',
    embeddingWidth: 512,
    textWidth: 512,
    taps: [6, 9, 12],
    ...threeTaps(768, 14),
    hubRepository: 'timm/vit_base_patch16_clip_224.openai',
  },
  {
    ...openAi,
    id: 'openai-vit-l-14',
    name: 'CLIP ViT-L/14 (OpenAI)',
    description: "The paper's backbone; a grid of 16 x 16.",
    family: 'clip-vit',
    embeddingWidth: 768,
    textWidth: 768,
    taps: [12, 18, 24],
    ...threeTaps(1024, 16),
    hubRepository: 'timm/vit_large_patch14_clip_224.openai',
  },
  {
    ...openAi,
    id: 'openai-vit-l-14-336',
    name: 'CLIP ViT-L/14 at 336 pixels (OpenAI)',
    description: 'As ViT-L/14, trained further at 336 pixels; a grid of 24 x 24.',
    family: 'clip-vit',
    side: 336,
    embeddingWidth: 768,
    textWidth: 768,
    taps: [12, 18, 24],
    ...threeTaps(1024, 24),
    hubRepository: 'timm/vit_large_patch14_clip_336.openai',
  },
  {
    ...openAi,
    id: 'openai-rn50',
    name: 'CLIP ResNet-50 (OpenAI)',
    description: 'A convolutional image tower; taps are its four stages.',
    family: 'clip-resnet',
    embeddingWidth: 1024,
    textWidth: 512,
    taps: [1, 2, 3, 4],
    ...fourStages,
    hubRepository: 'timm/resnet50_clip.openai',
  },
  {
    ...openAi,
    id: 'openai-rn101',
    name: 'CLIP ResNet-101 (OpenAI)',
    description: 'As ResNet-50 with a deeper third stage.',
    family: 'clip-resnet',
    embeddingWidth: 512,
    textWidth: 512,
    taps: [1, 2, 3, 4],
    ...fourStages,
    hubRepository: 'timm/resnet101_clip.openai',
  },
  {
    ...laion,
    id: 'laion-vit-b-32',
    name: 'OpenCLIP ViT-B/32 (LAION-2B)',
    description: 'ViT-B/32 trained on the English part of LAION-5B.',
    embeddingWidth: 512,
    textWidth: 512,
    taps: [6, 9, 12],
    ...threeTaps(768, 7),
    hubRepository: 'laion/CLIP-ViT-B-32-laion2B-s34B-b79K',
  },
  {
    ...laion,
    id: 'laion-vit-l-14',
    name: 'OpenCLIP ViT-L/14 (LAION-2B)',
    description: 'ViT-L/14 trained on the English part of LAION-5B; its pixels are scaled to -1 to 1.',
    mean: half,
    std: half,
    embeddingWidth: 768,
    textWidth: 768,
    taps: [12, 18, 24],
    ...threeTaps(1024, 16),
    hubRepository: 'laion/CLIP-ViT-L-14-laion2B-s32B-b82K',
  },
  {
    ...laion,
    id: 'laion-vit-h-14',
    name: 'OpenCLIP ViT-H/14 (LAION-2B)',
    description: 'The largest vision transformer of the catalogue; wants a GPU.',
    imageHeads: 16,
    embeddingWidth: 1024,
    textWidth: 1024,
    taps: [16, 24, 32],
    ...threeTaps(1280, 16),
    hubRepository: 'laion/CLIP-ViT-H-14-laion2B-s32B-b79K',
  },
  {
    id: 'biomedclip',
    name: 'BiomedCLIP (PubMedBERT, ViT-B/16)',
    description:
      'Trained on figures and captions of biomedical papers. Its publisher offers a PyTorch checkpoint and no safetensors file: import it and put the vocabulary beside it.',
    family: 'timm-vit',
    textFamily: 'bert',
    contrastive: true,
    bundled: false,
    licence: 'MIT',
    side: 224,
    mean: clipMean,
    std: clipStd,
    activation: 'gelu',
    embeddingWidth: 512,
    textWidth: 768,
    taps: [6, 9, 12],
    ...threeTaps(768, 14),
    files: [openClipFile, 'vocab.txt'],
    hubRepository: null,
  },
];

/** The entry with this id. Throws `WeightsError` when there is none. */
export function catalogueEntry(id: string): CatalogueEntry {
  const entry = catalogue.find((candidate) => candidate.id === id);
  if (entry) return entry;
  const known = catalogue.map((candidate) => candidate.id).join(', ');
  throw new WeightsError('unknown-backbone', `There is no backbone ${JSON.stringify(id)}; choose one of ${known}.`);
}
