import { createHash } from 'node:crypto';
import { closeSync, existsSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileWhole } from '@mediclip/files';
import { WeightsError } from '../weights-error.js';

/** The list of digests in a folder of weights, as `sha256sum` writes it. */
const digestList = 'SHA256SUMS';
const chunkBytes = 2 ** 22;

const known = new Map<string, string>();

/**
 * SHA-256 of a file of any size, hexadecimal. A file that has not changed (path, size and times) is read once per
 * process. Throws `WeightsError` when it cannot be read.
 */
export function fileDigest(path: string): string {
  try {
    const { size, mtimeMs, ino } = statSync(path);
    const key = `${path}\0${size}\0${mtimeMs}\0${ino}`;
    const digest = known.get(key) ?? hashFile(path);
    known.set(key, digest);
    return digest;
  } catch (cause) {
    throw new WeightsError('unreadable-file', `Cannot read the weight file ${path}; check its path and permissions.`, {
      cause,
    });
  }
}

function hashFile(path: string): string {
  const hash = createHash('sha256');
  const chunk = new Uint8Array(chunkBytes);
  const descriptor = openSync(path, 'r');
  try {
    for (let read = readSync(descriptor, chunk); read > 0; read = readSync(descriptor, chunk)) {
      hash.update(chunk.subarray(0, read));
    }
  } finally {
    closeSync(descriptor);
  }
  return hash.digest('hex');
}

/**
 * The digests that a folder lists for its files, or undefined if it has no list. Throws `WeightsError` if the list
 * lacks one.
 */
export function listedDigests(folder: string, names: readonly string[]): string[] | undefined {
  const list = join(folder, digestList);
  if (!existsSync(list)) return undefined;
  const digests = new Map(
    readFileSync(list, 'utf8')
      .split('\n')
      .map((line) => /^([0-9a-f]{64}) [ *](.+)$/.exec(line))
      .filter((match) => match !== null)
      .map(([, digest, name]) => [name!, digest!]),
  );
  return names.map((name) => {
    const digest = digests.get(name);
    if (digest === undefined) {
      throw new WeightsError('digest-mismatch', `${list} has no digest of ${name}; import the weights again.`);
    }
    return digest;
  });
}

/**
 * The digests of weight files of one folder, checked against the folder's list if it has one. Throws `WeightsError`.
 */
export function verifiedDigests(folder: string, names: readonly string[]): string[] {
  const listed = listedDigests(folder, names);
  return names.map((name, index) => {
    const digest = fileDigest(join(folder, name));
    if (listed && digest !== listed[index]) {
      throw new WeightsError(
        'digest-mismatch',
        `The weights in ${join(folder, name)} have been changed or damaged; fetch them again (their SHA-256 is ${digest}, not ${listed[index]}).`,
      );
    }
    return digest;
  });
}

/**
 * Writes the list of digests for files that were just brought into a folder, so that later changes to them are noticed.
 * The list is written whole or not at all. Throws `WeightsError` when a file cannot be read.
 */
export async function recordDigests(folder: string, names: readonly string[]): Promise<void> {
  const list = join(folder, digestList);
  const lines = names.map((name) => `${fileDigest(join(folder, name))}  ${name}\n`);
  await writeFileWhole(list, lines.join(''));
}

/**
 * One digest for all weight files of a backbone: a single file's own, else the SHA-256 of the files' digests, a line
 * each.
 */
export function combinedDigest(digests: readonly string[]): string {
  if (digests.length === 1) return digests[0]!;
  return createHash('sha256')
    .update(digests.map((digest) => `${digest}\n`).join(''))
    .digest('hex');
}
