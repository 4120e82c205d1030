import type { DicomGroups, JobProgress, SliceAxis } from '@mediclip/contracts';

/** Options of every call. */
export interface CallOptions {
  readonly signal?: AbortSignal;
}

/** Options of a POST. */
export interface PostOptions extends CallOptions {
  /** Repeats an earlier request that had this key; without it every call has a new one. */
  readonly idempotencyKey?: string;
}

/** How files of an upload are read that can be read in more than one way. */
export interface ReadingOptions {
  /** Slices of NIfTI volumes; those across the axis of the largest spacing without it. */
  readonly axis?: SliceAxis | undefined;
  /** What DICOM images belong together by; the series without it. */
  readonly dicomGroups?: DicomGroups | undefined;
}

/** Options of scoring files at once. */
export interface ScoreOptions extends PostOptions, Pick<ReadingOptions, 'axis'> {}

/** Options of sending a study. */
export interface StudyOptions extends PostOptions, Pick<ReadingOptions, 'dicomGroups'> {}

/** Options of a walk through a list. */
export interface ListOptions extends CallOptions {
  /** Items per request; the server's default without it. */
  readonly pageSize?: number;
}

/** Options of waiting for a job. */
export interface WaitOptions extends CallOptions {
  readonly onProgress?: (progress: JobProgress) => void;
}
