/** Planes of the body that slices of a volume may lie in. */
export type BodyPlane = 'axial' | 'coronal' | 'sagittal';

/** What images of DICOM files belong together by; patients are told by a digest with a secret key. */
export type DicomGroups = { readonly kind: 'series' | 'study' } | { readonly kind: 'patient'; readonly key: string };

/** How files are read that can be read in more than one way. */
export interface Reading {
  /** Of volumes: which slices; by default those across the axis of the largest spacing. */
  readonly plane?: BodyPlane | undefined;
  /** By default the series. */
  readonly dicomGroups?: DicomGroups | undefined;
}
