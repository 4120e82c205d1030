import { createReadStream, existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { type DatasetLayout, LayoutError, readLayout } from '@mediclip/dataset-layout';
import type { Output } from '../terminal/output.js';
import { UsageError } from '../usage-error.js';
import type { DataFolder, LeftOut, TestFile } from './data-files.js';
import { listFiles } from './list-files.js';

/**
 * What a folder holds, by the layouts of `@mediclip/dataset-layout`. Throws a UsageError when it is none of them, and
 * when a group is in train and in test.
 */
export async function readDataFolder(
  folder: string,
  { areFoldersGroups = false }: { readonly areFoldersGroups?: boolean | undefined } = {},
): Promise<DataFolder> {
  if (!existsSync(folder)) throw new UsageError(`There is no folder ${folder}: name a folder of images.`);
  if (!statSync(folder).isDirectory()) throw new UsageError(`${folder} is no folder: name a folder of images.`);
  const names = await listFiles(folder);
  const at = (index: number) => path.join(folder, names[index] ?? '');
  const layout = await readLayout(names, (index) => createReadStream(at(index))).catch((error: unknown) => {
    throw error instanceof LayoutError ? usageError(error, folder) : error;
  });
  const isEmptyLayout = ['train', 'test'].some((part) => existsSync(path.join(folder, part)));
  if (layout.kind === 'unknown' && !isEmptyLayout) {
    throw new UsageError(
      `${folder} holds no images: put normal images into it, or into its train/normal folder, or name another.`,
    );
  }
  const { entries, found } = layout;
  const trainNormal: string[] = [];
  const test: TestFile[] = [];
  const splits = new Map<string, string>();
  for (const [index, entry] of entries.entries()) {
    if (entry.role !== 'image') continue;
    const group = entry.group ?? (areFoldersGroups ? entry.folder : undefined);
    if (group !== undefined && (splits.get(group) ?? entry.split) !== entry.split) {
      throw new UsageError(
        `Images of the group ${JSON.stringify(group)} are in train and in test: put all of them into one.`,
      );
    }
    if (group !== undefined) splits.set(group, entry.split);
    if (entry.split === 'train') trainNormal.push(at(index));
    else {
      const mask = entry.mask === undefined ? undefined : at(entry.mask);
      test.push({
        file: at(index),
        abnormal: entry.label === 'abnormal',
        ...(mask !== undefined && { mask }),
        ...(group !== undefined && { group }),
      });
    }
  }
  test.sort((a, b) => Number(a.abnormal) - Number(b.abnormal) || (a.file < b.file ? -1 : 1));
  return { trainNormal: trainNormal.sort(), test, found, leftOut: leftOut(names, layout) };
}

/** Tells what was found in a folder and what is left out of it. */
export function announce(output: Output, { found, leftOut }: DataFolder): void {
  output.event({ event: 'found', found, leftOut });
  output.remark(found);
  for (const { reason, files } of leftOut) {
    const others = files.length > 1 ? ` and ${files.length - 1} more` : '';
    output.remark(`Left out: ${files[0]}${others}. ${reason}`);
  }
}

function leftOut(names: readonly string[], { entries, missing }: DatasetLayout): LeftOut[] {
  const byReason = new Map<string, string[]>();
  const add = (reason: string, file: string) => {
    const files = byReason.get(reason);
    if (files) files.push(file);
    else byReason.set(reason, [file]);
  };
  for (const [index, entry] of entries.entries()) {
    if (entry.role === 'ignored' || entry.role === 'refused') add(entry.reason, names[index] ?? '');
  }
  for (const { fileName, reason } of missing) add(reason, fileName);
  return [...byReason].map(([reason, files]) => ({ reason, files }));
}

function usageError({ fault, message, at }: LayoutError, folder: string): UsageError {
  const list = `${path.join(folder, at.list)}:${at.line}`;
  switch (fault) {
    case 'line-invalid':
      return new UsageError(
        `${list} is no sample: write a JSON object with "filename" and "label" (0 or 1). ${message}`,
      );
    case 'path-outside':
      return new UsageError(
        `The sample lists name ${at.fileName}, which lies outside ${path.join(folder, 'images')}: keep the images inside.`,
      );
    case 'files-missing':
      return new UsageError(
        `Cannot read ${path.join(folder, 'images', at.fileName ?? '')} (ENOENT): check its name and permissions.`,
      );
  }
}
