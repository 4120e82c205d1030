import { z } from 'zod';
import { dicomGroupings, sliceAxes } from '../words/index.js';

export const sliceAxisSchema = z.enum(sliceAxes).meta({
  id: 'SliceAxis',
  description:
    'Which slices of a NIfTI volume are its images; without it those across the axis of the largest spacing.',
});

export type SliceAxis = z.infer<typeof sliceAxisSchema>;

export const dicomGroupsSchema = z.enum(dicomGroupings).meta({
  id: 'DicomGroups',
  description:
    'What images of DICOM files belong together by, where no `group` is given; without it the series. It is kept as a digest, that of a patient made with a secret key.',
});

export type DicomGroups = z.infer<typeof dicomGroupsSchema>;
