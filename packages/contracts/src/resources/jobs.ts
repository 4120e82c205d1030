import { z } from 'zod';
import { adaptationOptionsSchema } from '../adaptation/adaptation-options.js';
import { problemSchema } from '../problems/problem.js';
import { calibrationRequestSchema } from './calibrations.js';
import {
  dicomwebImportJobRequestSchema,
  dicomwebImportResultSchema,
  dicomwebPushJobRequestSchema,
  dicomwebPushResultSchema,
} from './dicomweb.js';
import { evaluationRequestSchema } from './evaluations.js';
import { pageQueryFields, pageSchema } from './pages.js';
import { countSchema, idSchema, shareSchema, timestampSchema } from './primitives.js';
import { revisionRequestSchema } from './revisions.js';
import { scoringRequestSchema } from './scorings.js';

export const jobStateSchema = z
  .enum(['queued', 'running', 'succeeded', 'failed', 'cancelled'])
  .meta({ id: 'JobState', description: 'The last three are final.' });

export type JobState = z.infer<typeof jobStateSchema>;

/** True for states that a job never leaves. */
export function isFinal(state: JobState): boolean {
  return state === 'succeeded' || state === 'failed' || state === 'cancelled';
}

export const jobProgressSchema = z
  .strictObject({
    phase: z.string().meta({ description: 'What the job is doing.', examples: ['training'] }),
    done: z.number().min(0).meta({ description: 'Steps of this phase that are done.' }),
    total: z.number().min(0).meta({ description: 'Steps of this phase.' }),
    loss: z.number().optional().meta({ description: 'Latest training loss.' }),
    etaSeconds: z.number().min(0).optional().meta({ description: 'Estimated time left for the whole job.' }),
  })
  .meta({
    id: 'JobProgress',
    description: 'How far a job is.',
    examples: [{ phase: 'training', done: 40, total: 100, loss: 0.41, etaSeconds: 37 }],
  });

export type JobProgress = z.infer<typeof jobProgressSchema>;

/** What an adaptation was asked for, fully resolved. */
const adaptationJobRequestSchema = z
  .strictObject({ datasetId: idSchema, options: adaptationOptionsSchema })
  .meta({ id: 'AdaptationJobRequest', description: 'What was asked for, every option with its value.' });

/** What a calibration was asked for: the body, and the model of the path. */
const calibrationJobRequestSchema = calibrationRequestSchema
  .safeExtend({ modelId: idSchema })
  .meta({ id: 'CalibrationJobRequest', description: 'What was asked for.' });

/** What a revision was asked for: the body, and the model of the path. */
const revisionJobRequestSchema = revisionRequestSchema
  .safeExtend({ modelId: idSchema })
  .meta({ id: 'RevisionJobRequest', description: 'What was asked for.' });

/** What an audit was asked for: the data set of the path. */
const auditJobRequestSchema = z
  .strictObject({ datasetId: idSchema })
  .meta({ id: 'AuditJobRequest', description: 'What was asked for.' });

const resultNotesSchema = z.array(z.string()).meta({
  description: 'What a reader should know about the images of the job; absent when there is nothing.',
  examples: [['2 training images left out as copies or near copies of others: adapted to 14 distinct pictures.']],
});

/** What every kind of job was asked for, and what it leaves when it succeeds. */
const jobKinds = {
  adaptation: {
    request: adaptationJobRequestSchema,
    result: z
      .strictObject({ modelId: idSchema, notes: resultNotesSchema.optional() })
      .meta({ id: 'AdaptationResult', description: 'The model it made.' }),
  },
  scoring: {
    request: scoringRequestSchema,
    result: z
      .strictObject({
        scored: countSchema,
        rejected: countSchema,
        flagged: z
          .strictObject({
            images: countSchema,
            largestPValue: shareSchema.optional().meta({ description: 'Images up to this p-value are flagged.' }),
          })
          .optional()
          .meta({ description: 'Only of a scoring with a `falseDiscoveryRate`.' }),
        pushJobId: idSchema.optional().meta({
          description: 'The job that sends the results to a DICOMweb server; only of a scoring with `dicomResults`.',
        }),
      })
      .meta({ id: 'ScoringSummary', description: 'How many images were scored and how many could not be.' }),
  },
  evaluation: {
    request: evaluationRequestSchema,
    result: z
      .strictObject({ evaluationId: idSchema })
      .meta({ id: 'EvaluationResult', description: 'The evaluation it made.' }),
  },
  audit: {
    request: auditJobRequestSchema,
    result: z.strictObject({ auditId: idSchema }).meta({ id: 'AuditResult', description: 'The audit it made.' }),
  },
  calibration: {
    request: calibrationJobRequestSchema,
    result: z
      .strictObject({
        modelId: idSchema,
        threshold: z.number(),
        images: countSchema,
        notes: resultNotesSchema.optional(),
      })
      .meta({ id: 'CalibrationResult', description: 'The threshold that the model has now.' }),
  },
  revision: {
    request: revisionJobRequestSchema,
    result: z
      .strictObject({
        modelId: idSchema.meta({ description: 'The new model; the one that was revised stays as it is.' }),
        added: countSchema.meta({ description: 'Normal images that are in its memory beside those of before.' }),
        calibrated: z.boolean(),
        notes: resultNotesSchema.optional(),
      })
      .meta({ id: 'RevisionResult', description: 'The model it made.' }),
  },
  'dicomweb-import': { request: dicomwebImportJobRequestSchema, result: dicomwebImportResultSchema },
  'dicomweb-push': { request: dicomwebPushJobRequestSchema, result: dicomwebPushResultSchema },
} as const;

export const jobKindSchema = z
  .enum(['adaptation', 'scoring', 'evaluation', 'calibration', 'revision', 'dicomweb-import', 'dicomweb-push', 'audit'])
  .meta({ id: 'JobKind', description: 'What kind of work a job is.' });

export type JobKind = z.infer<typeof jobKindSchema>;

/** Fields that jobs of all kinds share. */
const jobFields = {
  id: idSchema,
  state: jobStateSchema,
  createdAt: timestampSchema,
  startedAt: timestampSchema.optional().meta({ description: 'When work on it began first.' }),
  finishedAt: timestampSchema.optional(),
  attempt: countSchema.meta({ description: 'How often work on it was taken up.' }),
  progress: jobProgressSchema.optional(),
  error: problemSchema.optional().meta({ description: 'Why it failed.' }),
};

const adaptationJobSchema = z
  .strictObject({
    ...jobFields,
    kind: z.literal('adaptation'),
    request: jobKinds.adaptation.request,
    result: jobKinds.adaptation.result.optional(),
  })
  .meta({ id: 'AdaptationJob', description: 'Adapts a model to the normal images of a data set.' });

const scoringJobSchema = z
  .strictObject({
    ...jobFields,
    kind: z.literal('scoring'),
    request: jobKinds.scoring.request,
    result: jobKinds.scoring.result.optional(),
  })
  .meta({ id: 'ScoringJob', description: 'Scores the images of a data set.' });

const evaluationJobSchema = z
  .strictObject({
    ...jobFields,
    kind: z.literal('evaluation'),
    request: jobKinds.evaluation.request,
    result: jobKinds.evaluation.result.optional(),
  })
  .meta({ id: 'EvaluationJob', description: 'Evaluates a model on the test images of a data set.' });

const calibrationJobSchema = z
  .strictObject({
    ...jobFields,
    kind: z.literal('calibration'),
    request: jobKinds.calibration.request,
    result: jobKinds.calibration.result.optional(),
  })
  .meta({ id: 'CalibrationJob', description: 'Gives a model a threshold from normal images.' });

const revisionJobSchema = z
  .strictObject({
    ...jobFields,
    kind: z.literal('revision'),
    request: jobKinds.revision.request,
    result: jobKinds.revision.result.optional(),
  })
  .meta({ id: 'RevisionJob', description: 'Makes a model from another one and more normal images.' });

const dicomwebImportJobSchema = z
  .strictObject({
    ...jobFields,
    kind: z.literal('dicomweb-import'),
    request: jobKinds['dicomweb-import'].request,
    result: jobKinds['dicomweb-import'].result.optional(),
  })
  .meta({ id: 'DicomwebImportJob', description: 'Fetches images from a DICOMweb server.' });

const dicomwebPushJobSchema = z
  .strictObject({
    ...jobFields,
    kind: z.literal('dicomweb-push'),
    request: jobKinds['dicomweb-push'].request,
    result: jobKinds['dicomweb-push'].result.optional(),
  })
  .meta({ id: 'DicomwebPushJob', description: 'Sends results to a DICOMweb server.' });

const auditJobSchema = z
  .strictObject({
    ...jobFields,
    kind: z.literal('audit'),
    request: jobKinds.audit.request,
    result: jobKinds.audit.result.optional(),
  })
  .meta({ id: 'AuditJob', description: 'Looks for what makes figures on a data set mislead.' });

export const jobSchema = z
  .discriminatedUnion('kind', [
    adaptationJobSchema,
    scoringJobSchema,
    evaluationJobSchema,
    calibrationJobSchema,
    revisionJobSchema,
    dicomwebImportJobSchema,
    dicomwebPushJobSchema,
    auditJobSchema,
  ])
  .meta({ id: 'Job', description: 'Work that takes longer than a request.' });

export type Job = z.infer<typeof jobSchema>;

/** A job of one kind. */
export type JobOf<K extends JobKind> = Extract<Job, { kind: K }>;

export const jobPageSchema = pageSchema(jobSchema, 'JobPage', 'Newest first.');

/** Query of the list of jobs. */
export const jobPageQuerySchema = z.strictObject({
  ...pageQueryFields,
  state: jobStateSchema.optional().meta({ description: 'Only jobs in this state.' }),
  kind: jobKindSchema.optional().meta({ description: 'Only jobs of this kind.' }),
  datasetId: idSchema.optional().meta({ description: 'Only jobs that read this data set.' }),
  modelId: idSchema.optional().meta({ description: 'Only jobs that use this model, or have made it.' }),
});
