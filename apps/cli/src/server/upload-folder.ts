import path from 'node:path';
import type { ReadingOptions } from '@mediclip/client';
import type { Dataset, Upload } from '@mediclip/contracts';
import type { DataFolder } from '../folder/data-files.js';
import { announce, readDataFolder } from '../folder/data-folder.js';
import { listFiles } from '../folder/list-files.js';
import { Progress } from '../terminal/progress.js';
import type { Task } from '../workplace/workplace.js';
import { FolderArchive } from './folder-archive.js';
import type { Server } from './server.js';

const mebibyte = 2 ** 20;

/** A data set that a folder was uploaded into. */
export interface UploadedFolder {
  readonly dataset: Pick<Dataset, 'id'>;
  readonly upload: Upload;
}

export interface UploadOptions extends ReadingOptions {
  /** A data set to add to; a new one without it. */
  readonly into?: string | undefined;
  /** The name of the new data set; the folder's name without it. */
  readonly name?: string | undefined;
  /** Folders below those of the labels are groups. */
  readonly areFoldersGroups?: boolean | undefined;
}

/**
 * Uploads what a folder holds by its layout into a data set, a new one with the folder's name unless `into` names
 * one. What was found and what is left out is told as the local commands tell it. An upload that fails leaves no new
 * data set.
 */
export async function uploadFolder(
  { client }: Server,
  folder: string,
  { output, signal }: Task,
  { into, name, areFoldersGroups, axis, dicomGroups }: UploadOptions = {},
): Promise<UploadedFolder> {
  const data = await readDataFolder(folder, { areFoldersGroups });
  announce(output, data);
  const archive = await FolderArchive.of(folder, await namesOf(folder, data));
  const made =
    into ?? (await client.createDataset({ name: name ?? path.basename(path.resolve(folder)) }, { signal })).id;
  const progress = new Progress(output, 'MiB');
  const total = Math.ceil(archive.sizeBytes / mebibyte);
  const onSent = (bytes: number) => progress.update({ phase: 'uploading', done: Math.floor(bytes / mebibyte), total });
  try {
    const upload = await client.uploadArchive(made, () => archive.bytes(onSent), {
      ...{ signal, axis, dicomGroups },
      ...(areFoldersGroups && { groups: 'folder' as const }),
    });
    for (const outcome of upload.outcomes) {
      if (outcome.outcome !== 'rejected') continue;
      const message = `${path.join(folder, outcome.fileName)}: ${outcome.error.detail}`;
      output.event({ event: 'left-out', file: path.join(folder, outcome.fileName), message });
      output.remark(`Left out: ${message}`);
    }
    output.event({ event: 'uploaded', datasetId: made, stored: upload.stored, rejected: upload.rejected });
    output.remark(`The folder is the data set ${made} now: name that in place of the folder to use it again.`);
    return { dataset: { id: made }, upload };
  } catch (error) {
    if (into === undefined) await client.deleteDataset(made);
    throw error;
  } finally {
    progress.stop();
  }
}

/**
 * What is sent, in the order in which the local commands take it: training images, test images, then masks and lists.
 * So the same seed draws the same shots.
 */
async function namesOf(folder: string, { trainNormal, test, leftOut }: DataFolder): Promise<string[]> {
  const out = new Set(leftOut.flatMap(({ files }) => files));
  const images = [...trainNormal, ...test.map(({ file }) => file)].map((file) => path.relative(folder, file));
  const places = new Map(images.map((name, place) => [name, place]));
  const place = (name: string) => places.get(name) ?? images.length;
  return (await listFiles(folder)).filter((name) => !out.has(name)).sort((a, b) => place(a) - place(b));
}
