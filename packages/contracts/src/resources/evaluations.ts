import { z } from 'zod';
import { evaluationAuditSchema } from './audits.js';
import { figureSchema, unknownFigureSchema } from './figures.js';
import { fileNameSchema } from './images.js';
import { pageQueryFields, pageSchema } from './pages.js';
import {
  countSchema,
  digestSchema,
  highestSchema,
  idSchema,
  labelSchema,
  shareSchema,
  timestampSchema,
} from './primitives.js';
import { foreignSchema } from './scores.js';

/** The file of an evaluation that holds its report. */
export const reportFileName = 'report.html';

/** Body of `POST /v1/evaluations`. */
export const evaluationRequestSchema = z
  .strictObject({
    modelId: idSchema,
    datasetId: idSchema.meta({ description: 'Its test images are used.' }),
    baselineModelId: idSchema.optional().meta({ description: 'A model to compare with on the same images.' }),
  })
  .meta({
    id: 'EvaluationRequest',
    description: 'Evaluate a model on the test images of a data set.',
    examples: [{ modelId: '0193f3b0-1b2c-7a4d-8e6f-5a4b3c2d1e0f', datasetId: '0193f3a2-7c1e-7d3a-9b5f-2f1c8a6e4d10' }],
  });

export type EvaluationRequest = z.infer<typeof evaluationRequestSchema>;

/** Figures of whole images: is the image abnormal? */
const imageFiguresSchema = z
  .strictObject({
    auroc: figureSchema.meta({ description: 'Area under the ROC curve.' }),
    averagePrecision: figureSchema,
    f1Max: figureSchema.meta({ description: 'Best F1 over all thresholds.' }),
    sensitivityAtSpecificity90: figureSchema.meta({ description: 'Sensitivity where the specificity is 0.90.' }),
    sensitivityAtSpecificity95: figureSchema.meta({ description: 'Sensitivity where the specificity is 0.95.' }),
  })
  .meta({ id: 'ImageFigures', description: 'Figures of whole images: is the image abnormal?' });

export type ImageFigures = z.infer<typeof imageFiguresSchema>;

/** Figures of groups of images. */
const groupFiguresSchema = z
  .strictObject({
    highest: highestSchema,
    normal: countSchema.meta({ description: 'Groups of normal images only; an image without a group counts as one.' }),
    abnormal: countSchema.meta({ description: 'Groups with an abnormal image.' }),
    auroc: figureSchema.meta({ description: "Of the groups' scores; interval by a bootstrap over groups." }),
    imageAuroc: figureSchema.meta({ description: "Of the images' scores; interval by a bootstrap over groups." }),
  })
  .meta({ id: 'GroupFigures', description: 'Is the patient, the series, the volume abnormal?' });

export type GroupFigures = z.infer<typeof groupFiguresSchema>;

/** Figures of pixels: where is it abnormal? */
const pixelFiguresSchema = z
  .strictObject({
    auroc: figureSchema.meta({ description: 'Area under the ROC curve over all pixels.' }),
    averagePrecision: figureSchema,
    aupro30: figureSchema.meta({ description: 'Area under the per-region overlap curve up to 30 % false positives.' }),
    diceBest: figureSchema.meta({ description: 'Best Dice over all thresholds.' }),
    diceCalibrated: figureSchema.meta({
      description: 'Dice of the map values from the calibrated map threshold on; only of a calibrated model.',
    }),
  })
  .meta({ id: 'PixelFigures', description: 'Figures of pixels: where is it abnormal?' });

export type PixelFigures = z.infer<typeof pixelFiguresSchema>;

const differenceSchema = z
  .union([
    z
      .strictObject({
        value: z.number().min(-1).max(1),
        interval: z
          .strictObject({ low: z.number().min(-1).max(1), high: z.number().min(-1).max(1), level: shareSchema })
          .meta({ id: 'DifferenceInterval', description: 'Confidence interval of a difference, -1 to 1.' })
          .optional(),
      })
      .meta({ id: 'KnownDifference', description: 'A difference of two figures, -1 to 1, and how sure it is.' }),
    unknownFigureSchema,
  ])
  .meta({ id: 'Difference', description: 'A difference of two figures, or the reason why there is none.' });

const pairedTestSchema = z
  .union([
    z
      .strictObject({
        value: shareSchema.meta({ description: 'p-value, two-sided.' }),
        z: z.number().meta({ description: 'The difference divided by its standard error.' }),
      })
      .meta({ id: 'KnownTest', description: "DeLong's paired test." }),
    unknownFigureSchema,
  ])
  .meta({ id: 'PairedTest', description: 'Are both AUROCs equal? The p-value, or the reason why there is none.' });

/** Two models on the same images. */
export const comparisonSchema = z
  .strictObject({
    baselineModelId: idSchema,
    images: countSchema.meta({ description: 'Images that both models have scored.' }),
    auroc: figureSchema.meta({ description: 'Of the model, on these images.' }),
    baselineAuroc: figureSchema.meta({ description: 'Of the baseline, on these images.' }),
    difference: differenceSchema.meta({ description: 'AUROC of the model minus that of the baseline.' }),
    test: pairedTestSchema.meta({ description: "DeLong's test for two AUROCs on the same images." }),
  })
  .meta({ id: 'Comparison', description: 'A model and a baseline on the same images.' });

export type Comparison = z.infer<typeof comparisonSchema>;

/** Images of another kind that a record names; their number is told in full. */
export const mostForeignImages = 100;

const foreignImageSchema = z
  .strictObject({ imageId: idSchema, fileName: fileNameSchema, label: labelSchema, foreign: foreignSchema })
  .meta({ id: 'ForeignImage', description: 'A test image that is not the kind of image that the model knows.' });

/** Test images that are not the kind of image that the model knows. */
const foreignImagesSchema = z
  .strictObject({
    count: countSchema.meta({ description: 'How many of the evaluated images; all figures count them.' }),
    images: z
      .array(foreignImageSchema)
      .max(mostForeignImages)
      .meta({
        description: `At most ${mostForeignImages} of \`count\`, in order of upload, without those deleted since.`,
      }),
    aurocWithout: figureSchema.meta({ description: 'AUROC of the other images.' }),
  })
  .meta({ id: 'ForeignImages', description: 'Test images whose scores say nothing about disease.' });

export type ForeignImages = z.infer<typeof foreignImagesSchema>;

export const evaluationFields = {
  id: idSchema,
  jobId: idSchema,
  modelId: idSchema,
  datasetId: idSchema,
  datasetDigest: digestSchema.meta({ description: 'Digest over the images of the data set when the job began.' }),
  createdAt: timestampSchema,
  images: z
    .strictObject({
      normal: countSchema,
      abnormal: countSchema,
      masks: countSchema.meta({ description: 'Abnormal images with a mask.' }),
      maskShares: z.strictObject({ smallest: z.number(), median: z.number(), largest: z.number() }).optional().meta({
        id: 'MaskShares',
        description:
          'Shares of their images that those masks mark, 0 to 1, at the size of the maps. Absent without masks, and in evaluations of earlier versions.',
      }),
      rejected: countSchema.meta({ description: 'Images that could not be scored and are not in any figure.' }),
      copies: countSchema.optional().meta({
        description:
          'Images that show the same pixels as another test image of their label, which counts once. Absent in evaluations of earlier versions.',
      }),
      learned: countSchema.optional().meta({
        description:
          'Images that the model was adapted on, or of their groups; they are in no figure. Absent in evaluations of earlier versions.',
      }),
    })
    .meta({ id: 'EvaluatedImages', description: 'What the figures come from.' }),
  image: imageFiguresSchema,
  foreign: foreignImagesSchema.optional().meta({
    description:
      'Which of the images are not the kind of image that the model knows. Absent without a memory, and in evaluations of earlier versions.',
  }),
  pixel: pixelFiguresSchema,
  groups: groupFiguresSchema.optional().meta({ description: 'Only when test images have groups.' }),
  comparison: comparisonSchema.optional().meta({ description: 'Only when a baseline was given.' }),
  audit: evaluationAuditSchema.optional().meta({ description: 'Absent in evaluations of earlier versions.' }),
};

export const evaluationSchema = z
  .strictObject(evaluationFields)
  .meta({ id: 'Evaluation', description: 'Figures of a model on a data set.' });

export type Evaluation = z.infer<typeof evaluationSchema>;

export const evaluationPageSchema = pageSchema(evaluationSchema, 'EvaluationPage', 'Newest first.');

/** Query of the list of evaluations. */
export const evaluationPageQuerySchema = z.strictObject({
  ...pageQueryFields,
  modelId: idSchema.optional().meta({ description: 'Only evaluations of this model.' }),
  datasetId: idSchema.optional().meta({ description: 'Only evaluations on this data set.' }),
});

/** File of an evaluation that holds the scores of its images, for its operating points. */
export const evaluationScoresFileName = 'scores.json';

export const evaluationScoresSchema = z.array(
  z.strictObject({
    imageId: idSchema,
    label: labelSchema,
    score: z.number(),
    /** Tells scores apart that have become 1. Absent in evaluations of earlier versions. */
    scoreLogit: z.number().optional(),
  }),
);

export type EvaluationScores = z.infer<typeof evaluationScoresSchema>;
