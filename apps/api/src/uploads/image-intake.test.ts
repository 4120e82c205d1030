import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Image } from '@mediclip/contracts';
import { ImageError, ImagingPool } from '@mediclip/imaging';
import { ImageIntake, type IncomingImage } from '@mediclip/intake';
import type { ImageRepository } from '@mediclip/store';
import { newId } from '@mediclip/store';
import { temporaryFolder } from '@mediclip/testing';
import { ByteBudget } from '@mediclip/threads';
import type { Imaging } from '../dependencies.js';
import { bitmap } from '../testing/bitmaps.js';
import { dicom } from '../testing/dicom.js';

let pool: ImagingPool;
beforeAll(async () => {
  pool = await ImagingPool.start({ threads: 1 });
});
afterAll(() => pool.close());

const folder = temporaryFolder();
const series = (frames: number) =>
  dicom(
    10,
    8,
    Array.from({ length: frames }, (_, at) => new Uint8Array(80).fill((at * 9) % 256)),
  );

function file(fileName: string, bytes: Uint8Array, mask?: Uint8Array): IncomingImage {
  const spooled = (name: string, content: Uint8Array) => {
    const target = path.join(folder, name);
    writeFileSync(target, content);
    return { path: target, sizeBytes: content.length, isTooLarge: false };
  };
  return {
    fileName,
    split: 'test',
    label: 'abnormal',
    file: spooled(fileName, bytes),
    ...(mask && { mask: spooled(`mask-${fileName}`, mask) }),
  };
}

/** A data set that keeps what it gets; `onPrepare` sees each image before it is stored. */
function dataSet(onPrepare: (stored: number) => void = () => undefined) {
  const stored: Image[] = [];
  const committed: Image[] = [];
  const images: Pick<ImageRepository, 'prepare' | 'commit' | 'discard'> = {
    async prepare(datasetId, description, { bytes }) {
      onPrepare(stored.length);
      const image = { ...description, datasetId, id: `${stored.length}`, sizeBytes: bytes.length } as Image;
      stored.push(image);
      return image;
    },
    async commit(_, all) {
      committed.push(...all);
    },
    async discard(_, some) {
      for (const image of some) stored.splice(stored.indexOf(image as Image), 1);
    },
  };
  return { stored, committed, images: images as ImageRepository };
}

function intakeOf(images: ImageRepository, imaging: Imaging, room = 1000): ImageIntake {
  const { signal } = new AbortController();
  const limits = { room, datasetImages: room, maximumBytes: 1_000_000 };
  return new ImageIntake({
    uploadId: newId(),
    isOurs: async () => true,
    images,
    imaging,
    datasetId: 'd',
    ...limits,
    signal,
    caller: 'tenant',
    memory: new ByteBudget({ bytes: 2 ** 24 }),
  });
}

/**
 * The pool, counting what it is asked and the frames that were taken of it; the frame `failAt` of a file is damaged.
 */
function counted(failAt = Number.POSITIVE_INFINITY) {
  const counts = { files: 0, single: 0, frames: 0 };
  const imaging: Imaging = {
    frame: (...given) => {
      counts.single++;
      return pool.frame(...given);
    },
    overlay: (...given) => pool.overlay(...given),
    identity: (...given) => pool.identity(...given),
    frames: (...given) => {
      counts.files++;
      const frames = pool.frames(...given);
      const next = frames.next.bind(frames);
      let taken = 0;
      frames.next = async () => {
        if (taken++ === failAt) throw new ImageError('corrupt-image', 'The frame is damaged.');
        counts.frames++;
        return next();
      };
      return frames;
    },
  };
  return { counts, imaging };
}

test('a file of many frames is read once, and each frame is stored before the next is taken', async () => {
  const { counts, imaging } = counted();
  const { committed, images } = dataSet((stored) => expect(counts.frames).toBe(stored + 1));
  const intake = intakeOf(images, imaging);
  await intake.add(file('series.dcm', series(40)));
  const { outcomes } = await intake.commit();
  expect(outcomes).toMatchObject([{ outcome: 'stored', imageIds: { length: 40 } }]);
  expect(committed.map(({ frame }) => frame)).toEqual(Array.from({ length: 40 }, (_, at) => at + 1));
  expect(counts).toMatchObject({ files: 1, single: 0 });
});

test('a file of many frames gives its thread back when they are stored, however long the next file takes to come', async () => {
  const { committed, images } = dataSet();
  const intake = intakeOf(images, pool);
  await intake.add(file('series.dcm', series(40)));
  const wants = { prepared: { side: 16, kind: 'test' } } as const;
  await pool.frame(bitmap(16, 12), wants, { caller: 'other tenant' });
  await intake.add(file('next.dcm', series(5)));
  await intake.commit();
  expect(committed).toHaveLength(45);
});

test('of an upload that is discarded in the middle of a file nothing stays, and its thread is free', async () => {
  const { stored, committed, images } = dataSet((count) => {
    if (count === 5) discarding = intake.discard();
  });
  const intake = intakeOf(images, pool);
  let discarding: Promise<void> | undefined;
  await intake.add(file('series.dcm', series(40)));
  await expect(intake.commit()).rejects.toThrow('discarded');
  await discarding;
  expect([stored, committed]).toEqual([[], []]);
  await pool.frame(bitmap(16, 12), { prepared: { side: 16, kind: 'test' } });
});

test('of a file with a damaged frame nothing stays, and its neighbours do', async () => {
  const { imaging } = counted(3);
  const { stored, committed, images } = dataSet();
  const intake = intakeOf(images, imaging);
  await intake.add(file('before.bmp', bitmap(16, 12)));
  await intake.add(file('series.dcm', series(8)));
  await intake.add(file('after.dcm', series(1)));
  const { outcomes } = await intake.commit();
  expect(outcomes.map(({ outcome }) => outcome)).toEqual(['stored', 'rejected', 'stored']);
  expect(committed.map(({ fileName }) => fileName)).toEqual(['before.bmp', 'after.dcm']);
  expect(stored).toEqual(committed);
});

test('many frames, many files and their masks pass through one thread', async () => {
  const { committed, images } = dataSet();
  const intake = intakeOf(images, pool, 20);
  await intake.add(file('a.dcm', series(5)));
  await intake.add(file('b.bmp', bitmap(16, 12), bitmap(16, 12, 1)));
  await intake.add(file('c.dcm', series(6)));
  await intake.add(file('d.dcm', series(3), bitmap(16, 12)));
  await intake.add(file('e.bmp', bitmap(16, 12), bitmap(16, 12, 1)));
  await intake.add(file('full.dcm', series(8)));
  await intake.add(file('f.bmp', bitmap(16, 12)));
  const { outcomes } = await intake.commit();
  expect(outcomes.map((outcome) => ('error' in outcome ? outcome.error.type : outcome.outcome))).toEqual([
    'stored',
    'stored',
    'stored',
    '/problems/mask-size-differs',
    'stored',
    '/problems/data-set-full',
    'stored',
  ]);
  expect(committed.length).toBe(5 + 1 + 6 + 1 + 1);
  const [, b] = committed.slice(4);
  expect(b).toMatchObject({ fileName: 'b.bmp', sizeBytes: readFileSync(path.join(folder, 'b.bmp')).length });
});

test('discarding leaves nothing, and the thread to others', async () => {
  const { stored, images } = dataSet();
  const intake = intakeOf(images, pool);
  for (const name of ['a', 'b', 'c']) await intake.add(file(`${name}.dcm`, series(9)));
  await intake.discard();
  expect(stored).toEqual([]);
  expect((await pool.frame(bitmap(16, 12), {})).description.format).toBe('bmp');
});
