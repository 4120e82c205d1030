import type { DicomGroups, SliceAxis } from '@mediclip/contracts';

/** How files are read that can be read in more than one way; what is not said here is as the server does it. */
export interface Reading {
  readonly dicomGroups?: DicomGroups | undefined;
  readonly axis?: SliceAxis | undefined;
}

/** What is said of it, as the fields of a form or the parameters of a query have it. */
export const fieldsOf = (reading: Reading): [name: string, value: string][] =>
  Object.entries(reading).flatMap(([name, value]): [string, string][] => (value === undefined ? [] : [[name, value]]));

/** A kind of files that can be read in more than one way. */
export type ReadingKind = 'dicom' | 'nifti';

/** A file by its name, and the bytes that it begins with. */
export interface ReadableFile {
  readonly name: string;
  readonly read: () => Promise<Uint8Array>;
}

const niftiName = /\.nii(\.gz)?$/i;
const dicomName = /\.(dcm|dicom|ima)$/i;
/** Files of a PACS are often named by a number, or by their UID. */
const plainName = /(^|\/)[^./]+$|\.\d+$/;
const mostRead = 20;
/** PS3.10 7.1: 128 bytes that mean nothing, then these. */
const dicomPrefix = 'DICM';
const prefixAt = 128;

const headBytes = prefixAt + dicomPrefix.length;

/**
 * Which of the kinds are among files, told by their names; of files whose names tell nothing, the first few are looked
 * into.
 */
export async function readingKindsOf(files: readonly ReadableFile[]): Promise<ReadonlySet<ReadingKind>> {
  const kinds = new Set<ReadingKind>();
  if (files.some(({ name }) => niftiName.test(name))) kinds.add('nifti');
  if (files.some(({ name }) => dicomName.test(name)) || (await someDicom(files))) kinds.add('dicom');
  return kinds;
}

async function someDicom(files: readonly ReadableFile[]): Promise<boolean> {
  for (const { read } of files.filter(({ name }) => plainName.test(name)).slice(0, mostRead)) {
    const prefix = (await read()).subarray(prefixAt, headBytes);
    if (new TextDecoder().decode(prefix) === dicomPrefix) return true;
  }
  return false;
}

/** A file of this machine, of which no more is read than tells what it is. */
export const readable = (file: File): ReadableFile => ({
  name: file.name,
  read: async () => new Uint8Array(await file.slice(0, headBytes).arrayBuffer()),
});
