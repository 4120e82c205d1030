import { z } from 'zod';
import { countSchema, shareSchema } from './primitives.js';

/** Body of `PUT /v1/models/{id}/threshold`. */
export const thresholdSetSchema = z
  .union([
    z
      .strictObject({
        alpha: z.number().gte(1e-9).lt(1).meta({ description: 'Share of normal images that may be called abnormal.' }),
      })
      .meta({ id: 'ThresholdByAlpha', description: 'The threshold that the calibration images give for this alpha.' }),
    z
      .strictObject({ threshold: shareSchema.meta({ description: 'Scores above it are called abnormal.' }) })
      .meta({ id: 'ThresholdByHand', description: 'A threshold set by hand; it has no guarantee.' }),
  ])
  .meta({ id: 'ThresholdSet', description: 'Choose the threshold of a model.', examples: [{ alpha: 0.05 }] });

export type ThresholdSet = z.infer<typeof thresholdSetSchema>;

const shareOfImagesSchema = z
  .strictObject({ value: shareSchema, low: shareSchema, high: shareSchema })
  .meta({ id: 'ShareOfImages', description: "A share of images with Wilson's 95 % interval." });

const operatingPointSchema = z
  .strictObject({
    threshold: z.number().meta({ description: 'Scores above it are called abnormal.' }),
    truePositives: countSchema.meta({ description: 'Abnormal images that are called abnormal.' }),
    falsePositives: countSchema.meta({ description: 'Normal images that are called abnormal.' }),
    falseNegatives: countSchema.meta({ description: 'Abnormal images that are called normal.' }),
    trueNegatives: countSchema.meta({ description: 'Normal images that are called normal.' }),
    sensitivity: shareOfImagesSchema.optional().meta({ description: 'Absent without abnormal images.' }),
    specificity: shareOfImagesSchema.optional().meta({ description: 'Absent without normal images.' }),
  })
  .meta({ id: 'OperatingPoint', description: 'What a threshold makes of the evaluated images.' });

/** Answer of `GET /v1/evaluations/{id}/operating-points`. */
export const operatingPointsSchema = z
  .strictObject({
    points: z.array(operatingPointSchema).max(512).meta({ description: 'Thresholds ascending, 512 at most.' }),
  })
  .meta({ id: 'OperatingPoints', description: 'What every threshold makes of the evaluated images.' });

export type OperatingPoints = z.infer<typeof operatingPointsSchema>;
