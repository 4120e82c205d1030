import type { Dataset, Job, JobKind, Label, ModelSummary, ScoredImage, Split } from '@mediclip/contracts';

const titles: Record<JobKind, string> = {
  adaptation: 'Making a detector',
  scoring: 'Looking at pictures',
  evaluation: 'Measuring the detector',
  revision: 'Refit',
  audit: 'Audit',
  calibration: 'Calibrating the threshold',
  'dicomweb-import': 'Fetching pictures from the PACS',
  'dicomweb-push': 'Sending results to the PACS',
};

export const jobTitle = ({ kind }: Pick<Job, 'kind'>): string => titles[kind];

export const stateWords: Record<Job['state'], string> = {
  queued: 'waiting for its turn',
  running: 'running',
  succeeded: 'done',
  failed: 'failed',
  cancelled: 'cancelled',
};

/** `3 pictures`, `1 picture`. */
export function count(n: number, one: string, many = `${one}s`): string {
  return `${n.toLocaleString('en')} ${n === 1 ? one : many}`;
}

/** A length of time for people: `40 s`, `3 min`, `1 h 20 min`. */
export function duration(seconds: number): string {
  if (seconds < 60) return `${Math.max(1, Math.round(seconds))} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** What a detector is called: by its name, else by what it was made for. */
export function detectorName(
  { name, datasetId }: Pick<ModelSummary, 'name' | 'datasetId'>,
  datasets: readonly Pick<Dataset, 'id' | 'name'>[],
): string {
  const made = datasets.find(({ id }) => id === datasetId);
  return name ?? (made ? `Detector for ${made.name}` : 'Detector');
}

export function when(timestamp: string): string {
  return new Date(timestamp).toLocaleString('en', { dateStyle: 'medium', timeStyle: 'short' });
}

const largeUnits = ['MB', 'GB', 'TB'] as const;

export function size(bytes: number): string {
  if (bytes < 1024 * 1024) return `${Math.max(1, Math.round(bytes / 1024))} kB`;
  const power = Math.min(Math.floor(Math.log2(bytes) / 10), largeUnits.length + 1);
  return `${(bytes / 1024 ** power).toFixed(1)} ${largeUnits[power - 2]}`;
}

/** What is said of a picture that is not of the kind that the detector knows. */
export const foreignWords: Record<NonNullable<ScoredImage['foreign']>, string> = {
  'other-kind': 'not the kind of picture that this detector knows: its score says nothing about disease',
  inverted: 'its greys look inverted, as in a negative: its score says nothing about disease',
};

/** The same in short, for a mark on a picture. */
export const foreignFlags: typeof foreignWords = {
  'other-kind': 'another kind of picture',
  inverted: 'greys look inverted',
};

export const groupTitle = (split: Split, label: Label): string =>
  split === 'train'
    ? `${label === 'normal' ? 'Normal' : 'Abnormal'} pictures to learn from`
    : `${label === 'normal' ? 'Normal' : 'Abnormal'} pictures to test with`;

/** A share as a percentage with its interval, or a dash. */
export function shareWords(share: { value: number; low: number; high: number } | undefined): string {
  if (share === undefined) return '–';
  const percent = (x: number) => (100 * x).toFixed(0);
  return `${percent(share.value)} % (${percent(share.low)} to ${percent(share.high)} %)`;
}
