import { z } from 'zod';
import { mostCopyGroups } from '../words/index.js';
import { figureSchema } from './figures.js';
import { fileNameSchema } from './images.js';
import {
  countSchema,
  digestSchema,
  idSchema,
  labelSchema,
  shareSchema,
  splitSchema,
  timestampSchema,
} from './primitives.js';
import { foreignSchema } from './scores.js';

/** Trivial measures of an image that need no look at what it shows. */
const cueSchema = z
  .enum([
    'width',
    'height',
    'sideRatio',
    'format',
    'bitDepth',
    'compressionQuality',
    'mean',
    'deviation',
    'sharpness',
    'blackBorder',
    'edgeMarks',
  ])
  .meta({
    id: 'Cue',
    description:
      'A trivial measure: `sideRatio` width by height, `mean` and `deviation` of the greys, `blackBorder` the share of the image outside of all that is not black, ' +
      '`edgeMarks` hard steps along the edge (burnt-in text, rulers).',
  });

export type Cue = z.infer<typeof cueSchema>;

const auditedImageSchema = z
  .strictObject({ imageId: idSchema, fileName: fileNameSchema, split: splitSchema, label: labelSchema })
  .meta({ id: 'AuditedImage', description: 'An image that an audit names.' });

export type AuditedImage = z.infer<typeof auditedImageSchema>;

const copyGroupSchema = z
  .strictObject({
    kind: z.enum(['equal-bytes', 'equal-pixels', 'near']).meta({
      description:
        'How much alike they are at least. `near`: mirrored, turned, cropped a little, made brighter or compressed again.',
    }),
    images: z.array(auditedImageSchema).min(2),
  })
  .meta({ id: 'CopyGroup', description: 'Images that show the same.' });

export type CopyGroup = z.infer<typeof copyGroupSchema>;

const cueFigureSchema = z
  .strictObject({
    cue: cueSchema,
    auroc: shareSchema.meta({
      description: 'How well the cue alone tells normal from abnormal test images, 0.5 (not at all) to 1.',
    }),
    higherIn: labelSchema.meta({ description: 'The label whose images have more of it.' }),
  })
  .meta({ id: 'CueFigure', description: 'How well a trivial cue tells the labels apart.' });

export type CueFigure = z.infer<typeof cueFigureSchema>;

const auditWarningSchema = z
  .strictObject({
    kind: z
      .enum(['copies-across-splits', 'copies-across-labels', 'copies', 'shortcut', 'mixture', 'outliers', 'inverted'])
      .meta({
        description:
          '`copies-across-splits`: in training and test; `copies-across-labels`: normal and abnormal at once; `shortcut`: a trivial cue tells the labels apart; ' +
          '`mixture`, `outliers`, `inverted`: normal training images that do not belong to the others (see `normals`).',
      }),
    sentence: z.string().meta({ description: 'What was found, what it means, and what to do.' }),
  })
  .meta({ id: 'AuditWarning', description: 'Something about a data set that makes figures mislead.' });

export type AuditWarning = z.infer<typeof auditWarningSchema>;

/** Warnings of an audit, the gravest first. */
const auditWarningsSchema = z.array(auditWarningSchema).meta({
  description: 'The gravest first; empty when nothing was found.',
});

/** What an audit finds. */
const auditFindingsFields = {
  warnings: auditWarningsSchema,
  copies: z
    .strictObject({
      images: countSchema.meta({
        description: 'Images that are a copy of another one, beyond the first of each group.',
      }),
      testInTraining: countSchema.meta({ description: 'Test images that training images show too.' }),
      groupCount: countSchema,
      groups: z
        .array(copyGroupSchema)
        .max(mostCopyGroups)
        .meta({
          description: `Those across splits first, then those across labels; at most ${mostCopyGroups} of \`groupCount\`.`,
        }),
    })
    .meta({ id: 'AuditCopies', description: 'Copies among the images.' }),
  cues: z.array(cueFigureSchema).meta({
    description: 'The cues of the test images, the one that tells most first; empty when not both labels are there.',
  }),
};

const auditNormalsSchema = z
  .strictObject({
    available: countSchema.meta({ description: 'Normal training images that could be read.' }),
    inspected: countSchema.meta({
      description: 'Distinct pictures among them that were looked at; 0 where they were too few.',
    }),
    outliers: z
      .array(auditedImageSchema.safeExtend({ kind: foreignSchema }).meta({ id: 'AuditedOutlier' }))
      .meta({ description: 'Those that do not belong to the others, and why.' }),
    isMixed: z.boolean().meta({ description: 'Whether those of another kind are so many that two kinds are mixed.' }),
    gainOfMore: shareSchema.optional().meta({
      description:
        'By which share 8 more normal images than those inspected would bring a new one closer to them; absent where this cannot be told.',
    }),
    advice: z.string().meta({ description: 'Whether more normal images would help, or why this cannot be told.' }),
  })
  .meta({
    id: 'AuditNormals',
    description: 'The normal training images themselves, as the default backbone sees them.',
  });

export type AuditNormals = z.infer<typeof auditNormalsSchema>;

export const auditFields = {
  id: idSchema,
  jobId: idSchema,
  datasetId: idSchema,
  datasetDigest: digestSchema.meta({ description: 'Digest over the images of the data set when the job began.' }),
  createdAt: timestampSchema,
  images: z
    .strictObject({
      audited: countSchema,
      rejected: countSchema.meta({ description: 'Images that could not be read.' }),
    })
    .meta({ id: 'AuditImages', description: 'What the findings come from.' }),
  ...auditFindingsFields,
  normals: auditNormalsSchema.optional().meta({ description: 'Absent in audits of earlier versions.' }),
};

export const auditSchema = z
  .strictObject(auditFields)
  .meta({ id: 'Audit', description: 'What is wrong with a data set before any model looks at it.' });

export type Audit = z.infer<typeof auditSchema>;

export type AuditFindings = Pick<Audit, 'warnings' | 'copies' | 'cues' | 'normals'>;

/** What an audit says of the figures of an evaluation. */
export const evaluationAuditSchema = z
  .strictObject({
    warnings: auditWarningsSchema,
    withoutCopies: z
      .strictObject({
        images: countSchema.meta({
          description: 'Evaluated images without those that training images, or earlier test images, show too.',
        }),
        leftOut: countSchema,
        auroc: figureSchema,
      })
      .meta({ id: 'FiguresWithoutCopies', description: 'The AUROC without copied test images.' }),
    bestCue: cueFigureSchema
      .safeExtend({
        modelAuroc: figureSchema.meta({ description: 'Of the model, on the same images.' }),
        rankCorrelation: z.number().min(-1).max(1).meta({
          description: "Spearman's, of the cue and the model's scores; positive where the model follows the cue.",
        }),
        aurocWithinStrata: shareSchema.nullable().meta({
          description:
            "The model's AUROC among images that have nearly as much of the cue, in fifths of it; null where no fifth has both labels.",
        }),
      })
      .optional()
      .meta({ id: 'CueBesideModel', description: 'The trivial cue that tells most, beside the model.' }),
  })
  .meta({ id: 'EvaluationAudit', description: 'What an audit of the data set says of these figures.' });

export type EvaluationAudit = z.infer<typeof evaluationAuditSchema>;
