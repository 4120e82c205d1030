import { z } from 'zod';

const centre = z.number().meta({ description: 'Value that becomes the middle grey.', examples: [40] });
const width = z
  .number()
  .gt(0)
  .meta({ description: 'Distance of the values that become black and white.', examples: [80] });
const percent = z.number().min(0).max(100);

const fileIntensity = z
  .strictObject({ kind: z.literal('file') })
  .meta({ description: "The file's own window, else its table, else percentiles 0.5 and 99.5 of the image." });

const windowFields = { kind: z.literal('window'), centre, width };

const percentilesIntensity = z
  .strictObject({
    kind: z.literal('percentiles'),
    low: percent.meta({ description: 'What this percentage of the values does not reach becomes black.' }),
    high: percent.meta({ description: 'From the value on that this percentage does not reach all is white.' }),
  })
  .refine(({ low, high }) => low < high, { path: ['low'], message: 'The low percentile must be below the high one' })
  .meta({ description: 'Percentiles of each image, padding and background left out.' });

/** What a request may say of intensity. */
export const intensitySchema = z
  .union([
    z.strictObject({ kind: z.literal('auto') }).meta({
      description:
        'Chosen by the shots alone: values in a unit (CT) get one window over all of them; files that all have a window keep ' +
        'their own; of others the percentiles 0.5 to 99.5 of each image are taken.',
    }),
    fileIntensity,
    z
      .strictObject(windowFields)
      .meta({ description: 'One window for all images, in values (of CT Hounsfield units).' }),
    z
      .strictObject({
        kind: z.literal('preset'),
        name: z.enum(['brain', 'subdural', 'stroke', 'lung', 'mediastinum', 'abdomen', 'bone']),
      })
      .meta({ description: 'A usual window of CT, in Hounsfield units.' }),
    percentilesIntensity,
  ])
  .meta({
    id: 'Intensity',
    description:
      'How greys deeper than 8 bits become the 8 bits that a detector sees; without it `auto`. Images of 8 bits are as they are.',
    examples: [{ kind: 'preset', name: 'brain' }],
  });

/** What a model applies: everything is decided. */
export const chosenIntensitySchema = z
  .union([
    fileIntensity,
    z.strictObject({
      ...windowFields,
      unit: z
        .string()
        .min(1)
        .max(16)
        .optional()
        .meta({ description: 'Unit of the window.', examples: ['HU'] }),
    }),
    percentilesIntensity,
  ])
  .meta({
    id: 'ChosenIntensity',
    description:
      'What the model does with greys deeper than 8 bits before they are scored. Absent where it was adapted on images of ' +
      "8 bits, and in models of earlier versions: then the file's window is applied, else the range of its values is stretched.",
    examples: [{ kind: 'window', centre: 38.5, width: 173, unit: 'HU' }],
  });

export type ChosenIntensity = z.infer<typeof chosenIntensitySchema>;
