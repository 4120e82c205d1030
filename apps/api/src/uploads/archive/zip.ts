import { isUtf8 } from 'node:buffer';
import { crc32 } from 'node:zlib';
import { ProblemError } from '@mediclip/contracts';
import { openZipFile } from '@mediclip/files';
import yauzl, { type Entry, type ZipFile } from 'yauzl';
import type { Archive, ArchiveFile, ArchiveLimits } from './archive.js';
import { corruptArchive, EntryChecks, linkProblem } from './entry-checks.js';
import { checkMethod } from './zip-methods.js';

const strongEncryption = /strong encryption/;
const utf8Flag = 0x800;
const unixSystem = 3;
const fileTypeMask = 0o170000;
const regularFile = 0o100000;
const folderType = 0o040000;

/**
 * Opens the zip at `path` after a look at every entry. Rejects with the problems of `EntryChecks` and `checkMethod`,
 * and with `archive-corrupt`.
 */
export async function openZip(path: string, packedBytes: number, limits: ArchiveLimits): Promise<Archive> {
  const zip = await openZipFile(path, { decodeStrings: false }).catch((error: unknown) => {
    throw corruptArchive(error);
  });
  try {
    return { files: await listFiles(zip, new EntryChecks(limits, packedBytes)), close: async () => zip.close() };
  } catch (error) {
    zip.close();
    throw error;
  }
}

async function listFiles(zip: ZipFile, checks: EntryChecks): Promise<ArchiveFile[]> {
  const files: ArchiveFile[] = [];
  const entries = zip.eachEntry();
  for (;;) {
    const next = await entries.next().catch((error: unknown) => {
      throw strongEncryption.test(String(error)) ? new ProblemError('archive-encrypted') : corruptArchive(error);
    });
    if (next.done) return files;
    const entry = next.value;
    const given = nameOf(entry);
    checks.count();
    const name = checks.safeName(given);
    if (isFolder(entry, given)) continue;
    if (!isRegularFile(entry)) throw linkProblem(name);
    checkMethod(entry, name);
    checks.addName(name);
    checks.addBytes(entry.uncompressedSize);
    forgetVariableParts(entry);
    files.push({ name, sizeBytes: entry.uncompressedSize, open: () => unpack(zip, entry) });
  }
}

/** The name, in UTF-8 also where that is not said, as many programs write it; other bytes are code page 437. */
function nameOf({ generalPurposeBitFlag, fileNameRaw, extraFields }: Entry): string {
  const flags = isUtf8(fileNameRaw) ? generalPurposeBitFlag | utf8Flag : generalPurposeBitFlag;
  return yauzl.getFileNameLowLevel(flags, fileNameRaw, extraFields, true);
}

/** Lets go of the parts of an entry that its maker may fill with 192 kB: what unpacks it needs none of them. */
function forgetVariableParts(entry: Entry): void {
  const nothing = Buffer.alloc(0);
  Object.assign(entry, {
    ...{ fileName: '', fileNameRaw: nothing, fileComment: '', fileCommentRaw: nothing, comment: '' },
    ...{ extraFields: [], extraFieldRaw: nothing },
  });
}

function isFolder(entry: Entry, name: string): boolean {
  return name.endsWith('/') || name.endsWith('\\') || unixType(entry) === folderType;
}

function isRegularFile(entry: Entry): boolean {
  const type = unixType(entry);
  return type === 0 || type === regularFile;
}

/** The type bits that Unix zips carry, 0 where there are none. */
function unixType({ versionMadeBy, externalFileAttributes }: Entry): number {
  return versionMadeBy >> 8 === unixSystem ? (externalFileAttributes >>> 16) & fileTypeMask : 0;
}

/** Unpacks an entry and holds it against its checksum. */
async function* unpack(zip: ZipFile, entry: Entry): AsyncGenerator<Uint8Array> {
  let checksum = 0;
  try {
    for await (const chunk of await zip.openReadStreamPromise(entry)) {
      checksum = crc32(chunk as Uint8Array, checksum);
      yield chunk as Uint8Array;
    }
  } catch (error) {
    throw damagedEntry(error);
  }
  if (checksum !== entry.crc32) throw damagedEntry(new Error('The checksum differs.'));
}

function damagedEntry(cause: unknown): ProblemError {
  return new ProblemError('image-corrupt', 'The file cannot be unpacked from the archive.', {}, { cause });
}
