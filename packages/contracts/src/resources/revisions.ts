import { z } from 'zod';
import { idSchema } from './primitives.js';

/** Images that one revision may be asked to add by name. */
const mostRevisionImages = 1000;

/** Body of `POST /v1/models/{id}/revisions`. */
export const revisionRequestSchema = z
  .strictObject({
    datasetId: idSchema.meta({ description: 'The data set whose normal images are added.' }),
    imageIds: z
      .array(idSchema)
      .min(1)
      .max(mostRevisionImages)
      .optional()
      .meta({
        description:
          'Which images of the data set: normal ones, or those that the latest verdict on a result of this model calls normal. Without it ' +
          'the normal training images, and all that verdicts call normal.',
      }),
  })
  .meta({
    id: 'RevisionRequest',
    description: 'Add normal images to the memory of a model.',
    examples: [
      { datasetId: '0193f3a2-7c1e-7d3a-9b5f-2f1c8a6e4d10', imageIds: ['0193f3a5-0c4d-7f10-8a51-3a8d1e0b7c22'] },
    ],
  });

export type RevisionRequest = z.infer<typeof revisionRequestSchema>;
