import { z } from 'zod';
import { jobProgressSchema, jobSchema, jobStateSchema } from './jobs.js';
import { timestampSchema } from './primitives.js';

const eventFields = {
  id: z.int().min(1).meta({ description: 'Number of the event in its job, rising; the `id` of the stream.' }),
  at: timestampSchema,
};

/**
 * One server-sent event of a job: `event` is its type, `id` its number, `data` this object as JSON.
 * The stream ends after `end`.
 */
export const jobEventSchema = z
  .discriminatedUnion('type', [
    z
      .strictObject({ ...eventFields, type: z.literal('state'), state: jobStateSchema })
      .meta({ id: 'JobStateEvent', description: 'The job went into another state.' }),
    z
      .strictObject({ ...eventFields, type: z.literal('progress'), progress: jobProgressSchema })
      .meta({ id: 'JobProgressEvent', description: 'The job got further.' }),
    z
      .strictObject({ ...eventFields, type: z.literal('end'), job: jobSchema })
      .meta({ id: 'JobEndEvent', description: 'The job has ended; nothing follows.' }),
  ])
  .meta({ id: 'JobEvent', description: 'The `data` of one server-sent event of a job.' });

export type JobEvent = z.infer<typeof jobEventSchema>;
