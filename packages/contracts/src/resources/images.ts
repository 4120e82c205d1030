import { z } from 'zod';
import { pageQueryFields, pageSchema } from './pages.js';
import {
  countSchema,
  digestSchema,
  groupSchema,
  idSchema,
  labelSchema,
  splitSchema,
  timestampSchema,
} from './primitives.js';

/** Formats that are read, told by content. */
const imageFormatSchema = z
  .enum(['png', 'jpeg', 'webp', 'tiff', 'bmp', 'gif', 'dicom', 'nifti'])
  .meta({ id: 'ImageFormat', description: 'Format of the file as it was sent, told by its content.' });

export type ImageFormat = z.infer<typeof imageFormatSchema>;

/** Media types that stored image bytes come in. */
const imageMediaTypes = [
  'image/png',
  'image/jpeg',
  'image/webp',
  'image/tiff',
  'image/bmp',
  'image/gif',
  'application/dicom',
] as const;

const pixelsSchema = z.int().min(1);

const maskSchema = z
  .strictObject({ sha256: digestSchema, sizeBytes: countSchema, width: pixelsSchema, height: pixelsSchema })
  .meta({ id: 'ImageMask', description: 'Mask of the abnormal pixels, in the size of the image.' });

export const fileNameSchema = z
  .string()
  .max(1024)
  .meta({ description: 'Name of the file as it was sent.', examples: ['scan-017.png'] });

export const notesSchema = z.array(z.string()).meta({
  description: 'What a reader should know about how the file was read.',
  examples: [['Only the first of 12 frames was taken.']],
});

export const frameSchema = z.int().min(1).meta({ description: 'Frame of a multi-frame file, counted from 1.' });

/** The only tags of a DICOM file that are kept: numbers and known codes, nothing that identifies a person. */
const technicalTagsSchema = z
  .strictObject({
    transferSyntax: z.string().meta({ examples: ['1.2.840.10008.1.2.4.70'] }),
    modality: z
      .string()
      .optional()
      .meta({ examples: ['MR'] }),
    photometricInterpretation: z.string().meta({ examples: ['MONOCHROME2'] }),
    bitsStored: z.int().min(1),
    signed: z.boolean(),
    pixelSpacingMm: z
      .tuple([z.number(), z.number()])
      .optional()
      .meta({ description: 'Distance of pixel centres, between rows and between columns.' }),
    sliceThicknessMm: z.number().optional(),
  })
  .meta({ id: 'TechnicalTags', description: 'The tags of a DICOM file that are kept; none identifies a person.' });

/** What the numbers of a PNG of deep greys mean. */
const pixelsOfImageSchema = z
  .strictObject({
    bits: z.int().min(1).max(32).meta({ description: 'Bits that the numbers of the file use.' }),
    slope: z.number(),
    intercept: z.number(),
    unit: z
      .enum(['HU', 'HU_MOD', 'OD', 'MGML', 'Z_EFF', 'ED', 'EDW', 'PCT'])
      .optional()
      .meta({ description: 'Of values that mean the same in every file: a term of Rescale Type, `HU` for CT.' }),
    padding: z
      .strictObject({ low: countSchema, high: countSchema })
      .optional()
      .meta({ description: 'Stored numbers from `low` to `high` are no part of the picture.' }),
    inverted: z.literal(true).optional().meta({ description: 'Small values are white.' }),
    window: z
      .strictObject({
        centre: z.number(),
        width: z.number().gt(0),
        function: z.enum(['LINEAR', 'LINEAR_EXACT', 'SIGMOID']),
      })
      .optional()
      .meta({ description: 'The first window of the file, in values.' }),
    table: z
      .strictObject({
        firstValue: z.int().meta({ description: 'The value that the first grey stands for.' }),
        greys: z
          .string()
          .max(100_000)
          .meta({ description: 'Greys of 8 bits, one a value, deflated (RFC 1951), in base64.' }),
      })
      .optional()
      .meta({ description: "The file's table of values of interest." }),
  })
  .meta({
    id: 'PixelValues',
    description:
      'Of greys deeper than 8 bits, which are kept as a PNG of 16: what its numbers mean. value = slope * number + intercept.',
  });

const imageFields = {
  id: idSchema,
  fileName: fileNameSchema,
  split: splitSchema,
  label: labelSchema,
  group: groupSchema.optional(),
  format: imageFormatSchema,
  mediaType: z.enum(imageMediaTypes).meta({ description: 'Media type of the bytes at `…/content`.' }),
  width: pixelsSchema.meta({ description: 'Pixels, as shown (after the orientation of the file).' }),
  height: pixelsSchema.meta({ description: 'Pixels, as shown (after the orientation of the file).' }),
  frame: frameSchema.optional(),
  sizeBytes: countSchema.meta({ description: 'Size of the bytes at `…/content`.' }),
  sha256: digestSchema.meta({ description: 'Digest of the bytes at `…/content`.' }),
  mask: maskSchema.optional(),
  technicalTags: technicalTagsSchema.optional(),
  pixels: pixelsOfImageSchema.optional(),
  notes: notesSchema,
  createdAt: timestampSchema,
};

export const imageSchema = z
  .strictObject({ ...imageFields, datasetId: idSchema })
  .meta({ id: 'Image', description: 'One image of a data set. A frame of a multi-frame file is an image.' });

export type Image = z.infer<typeof imageSchema>;

/** Body of `PATCH /v1/datasets/{id}/images/{imageId}`. */
export const imageChangeSchema = z
  .strictObject({
    split: splitSchema.optional(),
    label: labelSchema.optional(),
    group: groupSchema.nullable().optional().meta({ description: 'Null takes the image out of its group.' }),
    wholeGroup: z
      .literal(true)
      .optional()
      .meta({ description: 'The other images of its group (the one before the change) are changed with it.' }),
  })
  .refine(
    ({ split, label, group }) => split !== undefined || label !== undefined || group !== undefined,
    'Nothing is to be changed',
  )
  .meta({ id: 'ImageChange', description: 'What is to be changed; the rest stays.', examples: [{ split: 'test' }] });

export type ImageChange = z.infer<typeof imageChangeSchema>;

export const imagePageSchema = pageSchema(imageSchema, 'ImagePage', 'In order of upload.');

/** Query of a data set's images. */
export const imagePageQuerySchema = z.strictObject({
  ...pageQueryFields,
  split: splitSchema.optional().meta({ description: 'Only images of this split.' }),
  label: labelSchema.optional().meta({ description: 'Only images of this label.' }),
  group: groupSchema.optional().meta({ description: 'Only images of this group.' }),
});
