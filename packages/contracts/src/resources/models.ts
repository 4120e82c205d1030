import { z } from 'zod';
import { mostEpochs } from '../adaptation/adaptation-fields.js';
import { adaptationOptionsSchema } from '../adaptation/adaptation-options.js';
import { chosenIntensitySchema } from '../adaptation/intensity.js';
import type { precisionChoices } from '../words/index.js';
import { namesChangeSchema } from './datasets.js';
import { dicomResultsSchema } from './dicomweb.js';
import { nameFilterField, pageQueryFields, pageSchema } from './pages.js';
import {
  countSchema,
  digestSchema,
  groupSchema,
  highestSchema,
  idSchema,
  nameSchema,
  shareSchema,
  timestampSchema,
} from './primitives.js';
import { dicomGroupsSchema } from './reading.js';
import { foreignSchema } from './scores.js';

const versionsSchema = z
  .record(z.string(), z.string())
  .meta({ description: 'Versions of what made the model.', examples: [{ mediclip: '0.1.0', onnxruntime: '1.30.0' }] });

/** What an image tower computes with. */
export const towerPrecisionSchema = z.enum(['float32', 'float16', 'int8']);

export type TowerPrecision = z.infer<typeof towerPrecisionSchema>;

/**
 * What may be asked of image towers: the precision that suits the device and the backbone, or float32 whatever it
 * costs.
 */
export type PrecisionChoice = (typeof precisionChoices)[number];

/** Normal images that one revision added to the memory of a model. */
const addedNormalsSchema = z
  .strictObject({
    datasetId: idSchema,
    datasetDigest: digestSchema.meta({ description: 'Digest over the images of the data set when the job began.' }),
    imageIds: z.array(idSchema).min(1),
    groups: z
      .array(groupSchema)
      .optional()
      .meta({ description: 'Groups of these images, as far as they have any; of names that people gave, hashes.' }),
    pixelDigests: z.array(digestSchema).min(1).meta({
      description: 'Per image of `imageIds`, the SHA-256 of its pixels as they are scored.',
    }),
  })
  .meta({ id: 'AddedNormals', description: 'Normal images that a revision added to the memory.' });

/** A normal image that does not belong to the others. */
export const outlierSchema = z
  .strictObject({
    imageId: idSchema,
    kind: foreignSchema,
    excluded: z.boolean().meta({ description: 'Whether it was left out; otherwise the model was adapted to it, too.' }),
  })
  .meta({ id: 'OutlierImage', description: 'A normal image that does not belong to the others.' });

/** Where a model comes from: enough to make it again. */
const lineageSchema = z
  .strictObject({
    jobId: idSchema.meta({ description: 'The job that made it: an adaptation, or a revision of `parentModelId`.' }),
    parentModelId: idSchema.optional().meta({
      description: 'The model that it is a revision of; what was learned is that of the first model of this line.',
    }),
    added: z.array(addedNormalsSchema).optional().meta({
      description: 'What revisions added to the memory since the adaptation, oldest first; absent without revisions.',
    }),
    datasetId: idSchema,
    datasetDigest: digestSchema.meta({ description: 'Digest over the images of the data set when the job began.' }),
    imageIds: z.array(idSchema).meta({ description: 'The normal images that it was adapted on.' }),
    groups: z.array(groupSchema).optional().meta({
      description:
        'Groups of these images, as far as they have any; calibrations and evaluations leave all images of them out. Of names that people gave these are hashes.',
    }),
    pixelDigests: z.array(digestSchema).optional().meta({
      description:
        'Per image of `imageIds`, the SHA-256 of its pixels as they are scored; calibrations and evaluations leave these pictures out. Absent in models of earlier versions.',
    }),
    copies: z
      .array(
        z
          .strictObject({ imageId: idSchema, of: idSchema })
          .meta({ id: 'LeftOutCopy', description: 'An image that was left out, and the one that it is a copy of.' }),
      )
      .optional()
      .meta({
        description: 'Training images that were left out as copies or near copies; absent when there were none.',
      }),
    outliers: z.array(outlierSchema).optional().meta({
      description: 'Normal images that do not belong to the others; absent when there are none, and in earlier models.',
    }),
    backbone: z.string(),
    backboneDigest: digestSchema,
    seed: countSchema,
    device: z.string().meta({ description: 'Execution provider that computed it.', examples: ['cpu'] }),
    precision: towerPrecisionSchema
      .optional()
      .meta({ description: 'What its image tower computed with; absent in models of earlier versions.' }),
    versions: versionsSchema,
  })
  .meta({ id: 'Lineage', description: 'Where a model comes from: enough to make it again.' });

export type Lineage = z.infer<typeof lineageSchema>;

/** Ids of all normal images that a model knows: those that it was adapted on, then those that revisions added. */
export function learnedImageIds({ imageIds, added = [] }: Pick<Lineage, 'imageIds' | 'added'>): string[] {
  return [...imageIds, ...added.flatMap((one) => one.imageIds)];
}

/** Digests of the pixels of all normal images that a model knows, as far as its version wrote them down. */
export function learnedPixelDigests({ pixelDigests = [], added = [] }: Pick<Lineage, 'pixelDigests' | 'added'>) {
  return [...pixelDigests, ...added.flatMap((one) => one.pixelDigests)];
}

/** Means over one epoch. */
export const epochLossSchema = z
  .strictObject({
    epoch: z.int().min(1),
    loss: z.number().meta({ description: 'Focal plus dice loss.' }),
    focal: z.number(),
    dice: z.number(),
    heldOutLoss: z.number().optional().meta({ description: 'Loss on the held-out synthetic samples.' }),
    heldOutAuroc: shareSchema.optional().meta({
      deprecated: true,
      description: 'Nothing writes it; it is read so that records of any version may have it.',
    }),
  })
  .meta({ id: 'EpochLoss', description: 'Means over one epoch.' });

export type EpochLoss = z.infer<typeof epochLossSchema>;

/** The calibration of groups of images. */
const groupCalibrationSchema = z
  .strictObject({
    highest: highestSchema,
    count: z.int().min(1).meta({ description: 'Groups of the images; an image without one counts as one.' }),
    scores: z.array(z.number()).min(1).meta({ description: 'The scores of the groups, ascending.' }),
    scoreLogits: z.array(z.number()).min(1).optional().meta({
      description: 'The `scoreLogit` of the groups, ascending: what their p-values are counted in.',
    }),
    threshold: z.number().optional().meta({
      description: 'Groups of higher scores are called abnormal. Absent where there are too few groups for alpha.',
    }),
    thresholdLogit: z.number().optional(),
    dicomGroups: dicomGroupsSchema.optional().meta({
      description:
        'What the images of a group belong together by, where all are of DICOM and of one kind: so are the studies grouped that are sent to be scored.',
    }),
  })
  .meta({
    id: 'GroupCalibration',
    description: 'Split-conformal threshold of groups, whose promise holds though images of one group are alike.',
  });

/** Thresholds with a guarantee, from normal images that were never used in training. */
const calibrationSchema = z
  .strictObject({
    alpha: shareSchema.meta({ description: 'Share of normal images that may be called abnormal.' }),
    threshold: z.number().meta({ description: 'Scores above it are called abnormal.' }),
    thresholdLogit: z.number().optional().meta({
      description: '`threshold` as a `scoreLogit`, by which decisions go. Absent in calibrations of earlier versions.',
    }),
    mapThreshold: shareSchema.optional().meta({
      description:
        'From this map value on an area is a region: at most `alpha` of normal images have one. Absent in calibrations of earlier versions, with which regions begin at 0.5.',
    }),
    images: countSchema.meta({ description: 'How many normal images it comes from.' }),
    scores: z.array(z.number()).min(1).meta({ description: 'The scores of these images, ascending.' }),
    scoreLogits: z.array(z.number()).min(1).optional().meta({
      description:
        'The `scoreLogit` of these images, ascending: what p-values are counted in. Without them (calibrations of earlier versions) it is the scores.',
    }),
    mapPeaks: z.array(shareSchema).min(1).optional().meta({
      description:
        'The highest map values of these images, ascending: what `mapThreshold` is drawn from. Absent in calibrations of earlier versions.',
    }),
    groups: groupCalibrationSchema.optional().meta({
      description: 'Of images that have groups: what alpha is a promise of. Absent when no image has one.',
    }),
    datasetId: idSchema,
    datasetDigest: digestSchema,
    jobId: idSchema,
    createdAt: timestampSchema,
  })
  .meta({ id: 'Calibration', description: 'Split-conformal thresholds and what they come from.' });

export type Calibration = z.infer<typeof calibrationSchema>;

/** A threshold that somebody chose. */
const manualThresholdSchema = z
  .strictObject({
    threshold: shareSchema.meta({ description: 'Scores above it are called abnormal.' }),
    setAt: timestampSchema,
  })
  .meta({ id: 'ManualThreshold', description: 'A threshold set by hand: it has no guarantee.' });

export const modelFields = {
  id: idSchema,
  name: nameSchema.optional(),
  description: z.string().max(4000).optional().meta({ description: 'What people should know of it.' }),
  createdAt: timestampSchema,
  importedAt: timestampSchema.optional().meta({
    description:
      'When it was imported; its ids of jobs, data sets and images are then those of the instance that made it.',
  }),
  configuration: adaptationOptionsSchema
    .safeExtend({ taps: adaptationOptionsSchema.shape.taps.unwrap() })
    .meta({ id: 'ModelConfiguration', description: 'Every option of the adaptation with its value.' }),
  intensity: chosenIntensitySchema.optional(),
  lineage: lineageSchema,
  lossHistory: z.array(epochLossSchema).max(mostEpochs).meta({ description: 'One entry for each epoch.' }),
  selectedEpoch: z.int().min(1).meta({ description: 'The epoch whose parameters the model has.' }),
  calibration: calibrationSchema.nullable().meta({ description: 'Null as long as the model is not calibrated.' }),
  manualThreshold: manualThresholdSchema.optional().meta({
    description: 'Set by hand, no guarantee: it decides in place of the calibrated one.',
  }),
  dicomResults: dicomResultsSchema.optional().meta({
    description:
      'Where the results of studies go that this model scores through DICOMweb; that of an alias goes before.',
  }),
  sizeBytes: countSchema.meta({ description: 'Size of what is the own of this model; the tower is shared.' }),
  digest: digestSchema.meta({ description: "Digest of the model's own bytes." }),
};

const byVerdictSchema = z
  .strictObject({ normal: countSchema, abnormal: countSchema })
  .meta({ id: 'ImagesByVerdict', description: 'How many images were called normal, and how many abnormal.' });

const verdictsOnModelSchema = z
  .strictObject({
    confirmed: byVerdictSchema.meta({ description: 'Images of which the model said what the verdict says.' }),
    contradicted: byVerdictSchema.meta({ description: 'Images of which the model said the opposite.' }),
    undecided: byVerdictSchema.meta({ description: 'Images that were scored before the model was calibrated.' }),
  })
  .meta({
    id: 'VerdictsOnModel',
    description:
      'How many images people have judged, by the latest verdict on each (of the latest 10,000). Verdicts feed evaluation and threshold, never training.',
  });

export type VerdictsOnModel = z.infer<typeof verdictsOnModelSchema>;

export const modelSchema = z
  .strictObject({
    ...modelFields,
    pinned: z.literal(true).optional().meta({
      description: 'Only in answers of `/v1/models/{id}`: it is kept warm in every worker.',
    }),
    verdicts: verdictsOnModelSchema.optional().meta({
      description: 'Only in the answer of `GET /v1/models/{id}`, for a model that somebody has judged.',
    }),
  })
  .meta({ id: 'Model', description: 'An anomaly detector adapted to normal images.' });

export type Model = z.infer<typeof modelSchema>;

/** Body of `PATCH /v1/models/{id}`. */
export const modelChangeSchema = z
  .strictObject({
    ...namesChangeSchema.shape,
    dicomResults: dicomResultsSchema.nullable().optional().meta({
      description: 'Where the results of studies go that this model scores through DICOMweb. Null ends that.',
    }),
  })
  .refine(
    ({ name, description, dicomResults }) =>
      name !== undefined || description !== undefined || dicomResults !== undefined,
    'Nothing is to be changed',
  )
  .meta({ id: 'ModelChange', description: 'What is to be changed; the rest stays.', examples: [{ name: 'Knee MRI' }] });

export type ModelChange = z.infer<typeof modelChangeSchema>;

/** Models of one tenant that may be kept warm. */
export const mostPinnedModels = 8;

/** Body of `PUT /v1/models/{id}/residency`. */
export const residencySetSchema = z.strictObject({ pinned: z.boolean() }).meta({
  id: 'ResidencySet',
  description: 'Whether every worker keeps the model warm.',
  examples: [{ pinned: true }],
});

export type ResidencySet = z.infer<typeof residencySetSchema>;

export const modelSummarySchema = z
  .strictObject({
    id: idSchema,
    name: nameSchema.optional(),
    createdAt: timestampSchema,
    backbone: z.string(),
    preset: adaptationOptionsSchema.shape.preset,
    shots: adaptationOptionsSchema.shape.shots,
    datasetId: idSchema,
    parentModelId: idSchema.optional().meta({ description: 'The model that it is a revision of.' }),
    calibrated: z.boolean(),
  })
  .meta({ id: 'ModelSummary', description: 'What a list of models says about each.' });

export type ModelSummary = z.infer<typeof modelSummarySchema>;

/** Query of the list of models. */
export const modelPageQuerySchema = z.strictObject({
  ...pageQueryFields,
  name: nameFilterField,
  datasetId: idSchema.optional().meta({ description: 'Only models that were adapted to this data set.' }),
});

export const modelPageSchema = pageSchema(modelSummarySchema, 'ModelPage', 'Newest first.');
