import { timestampSchema } from '@mediclip/contracts';

/** Fields of records that jobs use and that are deleted in steps. */
export const deletionFields = {
  /**
   * Since when it is being deleted. It counts as gone from then on; nothing may be added to it and no job may begin to
   * use it.
   */
  deletingSince: timestampSchema.optional(),
};
