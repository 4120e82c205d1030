import { z } from 'zod';
import {
  excludeOutliers,
  optionsName,
  promptFields,
  scalarFields,
  scoringFields,
  secondAnomalyProbability,
  sumMessage,
  sumsToOne,
  taps,
  taskFields,
  trainingFields,
} from './adaptation-fields.js';
import { type AdaptationOptions, adaptationOptionsSchema } from './adaptation-options.js';
import { adaptationPresets } from './adaptation-presets.js';
import { intensitySchema } from './intensity.js';

const inputShape = z.strictObject({
  ...z.strictObject({ ...scalarFields, name: optionsName, taps, intensity: intensitySchema, excludeOutliers }).partial()
    .shape,
  prompts: z.strictObject(promptFields).partial().optional().meta({ description: 'Phrases of the two states.' }),
  synthesis: z
    .strictObject({
      tasks: z
        .strictObject(taskFields)
        .partial()
        .refine(sumsToOne, sumMessage)
        .meta({ description: 'Probability of every synthetic task; a task that is not named is never drawn.' }),
      secondAnomalyProbability,
    })
    .partial()
    .optional()
    .meta({ description: 'The synthetic anomalies.' }),
  training: z.strictObject(trainingFields).partial().optional().meta({ description: 'The training loop.' }),
  scoring: z.strictObject(scoringFields).partial().optional().meta({ description: 'From map to score.' }),
});

/** Puts the preset's values where `input` has none. The result is not validated. */
function fillIn(input: z.infer<typeof inputShape>): unknown {
  const preset = input.preset ?? 'default';
  const defaults = adaptationPresets[preset];
  const given = (part: object = {}) =>
    Object.fromEntries(Object.entries(part).filter(([, value]) => value !== undefined));
  const noTasks = Object.fromEntries(Object.keys(taskFields).map((task) => [task, 0]));
  return {
    ...defaults,
    ...given(input),
    preset,
    prompts: { ...defaults.prompts, ...given(input.prompts) },
    synthesis: {
      ...defaults.synthesis,
      ...given(input.synthesis),
      tasks: input.synthesis?.tasks ? { ...noTasks, ...given(input.synthesis.tasks) } : defaults.synthesis.tasks,
    },
    training: { ...defaults.training, ...given(input.training) },
    scoring: { ...defaults.scoring, ...given(input.scoring) },
  };
}

/**
 * The options as a request gives them: everything optional. Options that contradict the preset's values
 * (a selection without samples) are refused here too, so that what this schema accepts always resolves.
 */
export const adaptationOptionsInputSchema = inputShape.superRefine((input, context) => {
  if (context.issues.length > 0) return;
  const optionsOnly = Object.fromEntries(Object.keys(inputShape.shape).map((key) => [key, input[key as 'preset']]));
  const resolved = adaptationOptionsSchema.safeParse(fillIn(optionsOnly));
  for (const { path, message } of resolved.error?.issues ?? []) context.addIssue({ code: 'custom', path, message });
});

/** Options of an adaptation as a person gives them. */
export type AdaptationOptionsInput = z.input<typeof adaptationOptionsInputSchema>;

/**
 * The options with every value filled in: from `input`, else from its preset. Nested objects are merged field by field,
 * except `synthesis.tasks`, which is taken whole (tasks not named get probability 0).
 * Throws a `ZodError` when `input` has unknown fields or values out of range.
 */
export function resolveAdaptationOptions(input: AdaptationOptionsInput = {}): AdaptationOptions {
  return adaptationOptionsSchema.parse(fillIn(adaptationOptionsInputSchema.parse(input)));
}
