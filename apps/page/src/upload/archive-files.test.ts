import { readFileSync } from 'node:fs';
import { deflateRawSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { pack } from 'tar-stream';
import yazl from 'yazl';
import { filesOfArchive } from './archive-files.js';
import { previewArchive } from './plan.js';

const long = `${'a very long folder name that fills its field/'.repeat(4)}train/normal/1.png`;
const contents: Record<string, string> = {
  'brains/train/normal/1.png': 'one',
  'brains/train/normal/\u00fc 2.png': 'two '.repeat(1000),
  'brains/test/abnormal/3.png': 'three',
  'brains/masks/3.png': 'mask',
  'brains/notes.txt': 'notes',
};

async function bytesOf(stream: AsyncIterable<unknown>): Promise<Blob> {
  const parts: BlobPart[] = [];
  for await (const part of stream) parts.push(part as BlobPart);
  return new Blob(parts);
}

function zip(files: Record<string, string>): Promise<Blob> {
  const archive = new yazl.ZipFile();
  archive.addEmptyDirectory('brains/train');
  for (const [name, content] of Object.entries(files)) archive.addBuffer(Buffer.from(content), name);
  archive.end({ comment: 'made for a test', forceZip64Format: false });
  return bytesOf(archive.outputStream as unknown as AsyncIterable<unknown>);
}

function tar(files: Record<string, string>): Promise<Blob> {
  const archive = pack();
  archive.entry({ name: 'brains/train', type: 'directory' });
  for (const [name, content] of Object.entries(files)) archive.entry({ name }, content);
  archive.finalize();
  return bytesOf(archive);
}

const read = async (archive: Blob) =>
  Object.fromEntries(
    await Promise.all(
      ((await filesOfArchive(archive)) ?? []).map(async (file) => [
        file.path,
        Buffer.from(await file.read()).toString(),
      ]),
    ),
  );

describe('an archive', () => {
  test.each([
    ['ZIP', zip],
    ['tar', tar],
  ])('that is a %s is listed with its contents, without unpacking it', async (_kind, archiveOf) => {
    const files = { ...contents, [long]: 'far down' };
    expect(await read(await archiveOf(files))).toEqual(files);
  });

  test('is previewed as the server will place it', async () => {
    const preview = await previewArchive(await zip(contents));
    expect(preview.images?.map(({ split, label, mask }) => [split, label, mask !== undefined])).toEqual([
      ['train', 'normal', false],
      ['train', 'normal', false],
      ['test', 'abnormal', true],
    ]);
    expect(preview.leftOut.map(({ name }) => name)).toEqual(['brains/notes.txt']);
    expect(preview.readingKinds).toEqual(new Set());
  });

  test('says what in it can be read in more than one way', async () => {
    const archive = await tar({ 'train/normal/1.nii.gz': 'volume', 'train/normal/IM1': `${'\0'.repeat(128)}DICM` });
    expect((await previewArchive(archive)).readingKinds).toEqual(new Set(['nifti', 'dicom']));
  });

  test('that cannot be listed is left to the server', async () => {
    const whole = new Uint8Array(await (await zip(contents)).arrayBuffer());
    const damaged = [
      new Blob([]),
      new Blob([readFileSync(import.meta.filename)]),
      new Blob([deflateRawSync(whole)]),
      new Blob([whole.subarray(0, whole.length - 40)]),
      (await tar(contents)).slice(100),
    ];
    for (const archive of damaged) expect(await filesOfArchive(archive)).toBeUndefined();
    expect(await previewArchive(damaged[0]!)).toMatchObject({ images: undefined });
  });
});
