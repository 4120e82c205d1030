import type { DicomGroups, SliceAxis } from '@mediclip/contracts';
import type { Reading } from '@mediclip/imaging';

/** How a request wants files to be read. */
export interface ReadingRequest {
  readonly axis?: SliceAxis | undefined;
  readonly dicomGroups?: DicomGroups | undefined;
}

/** The same for the decoder; patients are told by digests with the key. */
export function readingOf({ axis, dicomGroups }: ReadingRequest, patientKey: string): Reading {
  return {
    ...(axis && { plane: axis }),
    ...(dicomGroups && {
      dicomGroups: dicomGroups === 'patient' ? { kind: dicomGroups, key: patientKey } : { kind: dicomGroups },
    }),
  };
}
