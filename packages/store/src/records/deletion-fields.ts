import { timestampSchema } from '@mediclip/contracts';
import { z } from 'zod';

/** Fields of records that jobs use and that are deleted in steps. */
export const deletionFields = {
  /**
   * Since when it is being deleted. It counts as gone from then on; nothing may be added to it and no job may begin to
   * use it.
   */
  deletingSince: timestampSchema.optional(),
  /** Nothing used it when its deletion began, so that it will be deleted, whoever goes on with that. */
  deletionDecided: z.literal(true).optional(),
};

/** Field of records that jobs make. */
export const withoutJobField = {
  /** The job that made it was deleted after it had succeeded: it exists without one. */
  withoutJob: z.literal(true).optional(),
};
