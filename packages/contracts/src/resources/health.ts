import { z } from 'zod';
import { readinessCheckSchema } from '../problems/problem.js';

export const healthSchema = z
  .strictObject({ status: z.literal('ok'), version: z.string().meta({ examples: ['0.1.0'] }) })
  .meta({ id: 'Health', description: 'The process is alive.' });

export type Health = z.infer<typeof healthSchema>;

export const readinessSchema = z
  .strictObject({ status: z.literal('ready'), checks: z.array(readinessCheckSchema) })
  .meta({ id: 'Readiness', description: 'Everything that the server needs is there.' });

export type Readiness = z.infer<typeof readinessSchema>;
