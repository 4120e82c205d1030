import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { DatasetLayout, PlacedEntry } from './layout.js';
import { readLayout } from './read-layout.js';

const noLists = (): AsyncIterable<Uint8Array> => {
  throw new Error('There are no lists.');
};

/** What became of every name, in a few words. */
function told(names: readonly string[], { entries }: DatasetLayout): Record<string, string> {
  const words = (entry: PlacedEntry): string => {
    switch (entry.role) {
      case 'image':
        return [
          `${entry.split} ${entry.label}`,
          ...(entry.className === undefined ? [] : [`of ${entry.className}`]),
          ...(entry.mask === undefined ? [] : [`with ${names[entry.mask]}`]),
        ].join(' ');
      case 'mask':
        return `mask of ${entry.images.map((image) => names[image]).join(', ')}`;
      case 'list':
        return 'list';
      default:
        return `${entry.role}: ${entry.reason}`;
    }
  };
  return Object.fromEntries(names.map((name, index) => [name, words(entries[index]!)]));
}

async function read(names: readonly string[]) {
  const layout = await readLayout(names, noLists);
  return { ...layout, told: told(names, layout) };
}

describe('folders', () => {
  test('say split and label, whatever word and case they use, with anything below and around them', async () => {
    const layout = await read([
      'Set/a/TRAIN/Normal/1.png',
      'Set/a/training/good/patient 2/deep/2.dcm',
      'Set/a/test/normal/3',
      'Set/a/test/normal/7.nii.gz',
      'Set/a/Testing/anomaly/4.tif',
      'Set/a/test/defect/p1/5.png',
      'Set/a/notes/6.png',
    ]);
    expect(layout.told).toEqual({
      'Set/a/TRAIN/Normal/1.png': 'train normal',
      'Set/a/training/good/patient 2/deep/2.dcm': 'train normal',
      'Set/a/test/normal/3': 'test normal',
      'Set/a/test/normal/7.nii.gz': 'test normal',
      'Set/a/Testing/anomaly/4.tif': 'test abnormal',
      'Set/a/test/defect/p1/5.png': 'test abnormal',
      'Set/a/notes/6.png': 'ignored: It lies in no folder of the layout.',
    });
  });

  test('are found behind the separators of Windows and encoded ones', async () => {
    const { told } = await read(['set\\train\\normal\\a.png', 'set%5Ctest%5cabnormal%2Fb.png', 'set/masks\\b.png']);
    expect(Object.values(told)).toEqual([
      'train normal',
      'test abnormal with set/masks\\b.png',
      'mask of set%5Ctest%5cabnormal%2Fb.png',
    ]);
  });

  test('of abnormal training images are left out', async () => {
    const { told, found } = await read(['train/normal/a.png', 'train/abnormal/b.png']);
    expect(told['train/abnormal/b.png']).toMatch(/^ignored: .*training takes normal ones only\.$/);
    expect(found).toBe(
      'The layout in folders: 1 training image, 0 normal and 0 abnormal test images, 0 masks, 1 other file left out.',
    );
  });

  test('of defects are known by their good images or their ground truth', async () => {
    const names = [
      'bottle/train/good/000.png',
      'bottle/test/good/000.png',
      'bottle/test/broken_large/000.png',
      'bottle/test/contamination/000.png',
      'bottle/ground_truth/broken_large/000_mask.png',
      'bottle/ground_truth/contamination/000_mask.png',
    ];
    const { told, found, kind } = await read(names);
    expect(kind).toBe('defects');
    expect(Object.values(told)).toEqual([
      'train normal',
      'test normal',
      `test abnormal of broken_large with ${names[4]}`,
      `test abnormal of contamination with ${names[5]}`,
      `mask of ${names[2]}`,
      `mask of ${names[3]}`,
    ]);
    expect(found).toBe(
      'The layout in folders of defects: 1 training image, 1 normal and 2 abnormal test images, 2 masks.',
    );
    const unknown = await read(['train/normal/a.png', 'test/unsure/b.png']);
    expect(unknown.told['test/unsure/b.png']).toMatch(/^ignored: /);
  });
});

describe('folders as data sets of others have them', () => {
  test('beside those of normal test images are kinds of findings, unless one is called abnormal', async () => {
    const names = ['train/NORMAL/a.jpeg', 'train/PNEUMONIA/b.jpeg', 'test/NORMAL/c.jpeg', 'test/PNEUMONIA/d.jpeg'];
    const { told } = await read(names.map((name) => `chest_xray/${name}`));
    expect(Object.values(told)).toEqual([
      'train normal',
      expect.stringMatching(/^ignored: .*training takes normal ones only\.$/),
      'test normal',
      'test abnormal of PNEUMONIA',
    ]);
    const named = await read(['test/normal/a.png', 'test/abnormal/b.png', 'test/unsure/c.png']);
    expect(named.told['test/unsure/c.png']).toMatch(/^ignored: /);
  });

  test('say labels without train and test: normal images are to learn from, the others to test', async () => {
    const { told, found } = await read(['set/no/1 no.jpeg', 'set/yes/Y1.JPG']);
    expect(Object.values(told)).toEqual(['train normal', 'test abnormal']);
    expect(found).toMatch(/^Folders of labels without train and test: 1 training image, 0 normal and 1 abnormal /);
    const kinds = ['normal/n (1).png', 'benign/b (1).png', 'benign/b (1)_mask.png', 'malignant/m (1).png'];
    expect(Object.values((await read(kinds)).told)).toEqual([
      'train normal',
      'test abnormal of benign with benign/b (1)_mask.png',
      'mask of benign/b (1).png',
      'test abnormal of malignant',
    ]);
    const below = await read(['normal/train/a.png', 'normal/test/b.png', 'abnormal/test/c.png']);
    expect(Object.values(below.told)).toEqual(['train normal', 'test normal', 'test abnormal']);
    expect((await read(['set/normal/a.png', 'set/normal/b.png'])).kind).toBe('plain');
    expect((await read(['set/abnormal/a.png', 'set/abnormal/b.png'])).kind).toBe('unknown');
  });

  test('of masks beside those of images are no images', async () => {
    const { told } = await read([
      'train/good/1.png',
      'test/good/img/2.png',
      'test/Ungood/img/3.png',
      'test/Ungood/label/3.png',
      'test/scratch/4.png',
      'test/scratch_mask/4.png',
    ]);
    expect(Object.values(told)).toEqual([
      'train normal',
      'test normal',
      'test abnormal with test/Ungood/label/3.png',
      'mask of test/Ungood/img/3.png',
      'test abnormal of scratch with test/scratch_mask/4.png',
      'mask of test/scratch/4.png',
    ]);
  });
});

describe('a mask', () => {
  test.each([
    ['test/abnormal/a.png', 'masks/a.png'],
    ['test/abnormal/a.dcm', 'masks/a.tif'],
    ['test/abnormal/a.dcm', 'masks/a.dcm.png'],
    ['test/abnormal/a.jpg', 'masks/a_mask.gif'],
    ['test/abnormal/a.jpg', 'mask/a.mask.bmp'],
    ['test/abnormal/a.jpg', 'masks/a-segmentation.jpg'],
    ['test/abnormal/1.2.840.7', 'masks/1.2.840.7.png'],
    ['test/abnormal/a.nii.gz', 'masks/a_seg.nii.gz'],
    ['test/abnormal/a.png', 'labels/a_label.png'],
    ['test/abnormal/p1/a.png', 'masks/p1/mask_a.png'],
    ['test/abnormal/p1/a.png', 'masks/p1/a.png'],
    ['test/abnormal/p1/a.png', 'masks/a.png'],
    ['test/abnormal/a.png', 'masks/abnormal/a.png'],
    ['test/abnormal/a.png', 'test/masks/a.png'],
    ['test/abnormal/a.png', 'ground_truth/a.png'],
    ['test/abnormal/A.PNG', 'masks/a_Mask.png'],
    ['test/abnormal/a (1).png', 'test/abnormal/a (1)_mask.png'],
    ['test/abnormal/caf\u00e9.png', 'masks/cafe\u0301.png'],
    ['test/abnormal/cafe\u0301.png', 'masks/caf\u00e9_mask.png'],
  ])('of %s is %s', async (image, mask) => {
    const { entries } = await read(['train/normal/x.png', image, mask, 'test/normal/y.png']);
    expect(entries[1]).toMatchObject({ role: 'image', label: 'abnormal', mask: 2 });
    expect(entries[2]).toEqual({ role: 'mask', images: [1] });
  });

  test('that belongs to no abnormal image, or to which would be a guess, is refused with the reason', async () => {
    const { told } = await read([
      'test/normal/n.png',
      'test/abnormal/p1/a.png',
      'test/abnormal/p2/a.png',
      'test/abnormal/b.png',
      'train/normal/c.png',
      'train/normal/c_mask.png',
      'masks/n.png',
      'masks/a.png',
      'masks/b_mask_1.png',
      'masks/b_mask_2.png',
      'masks/z.png',
    ]);
    const refused = Object.entries(told).filter(([, words]) => words.startsWith('refused'));
    expect(Object.fromEntries(refused)).toEqual({
      'train/normal/c_mask.png': expect.stringContaining('is normal and has nothing to mark.'),
      'masks/n.png': expect.stringContaining('is normal and has nothing to mark.'),
      'masks/a.png': expect.stringContaining('2 abnormal images have its name'),
      'masks/b_mask_1.png': expect.stringContaining('has 2 masks: join them into one'),
      'masks/b_mask_2.png': expect.stringContaining('has 2 masks: join them into one'),
      'masks/z.png': 'refused: No abnormal image has this name.',
    });
    expect(told['test/abnormal/b.png']).toBe('test abnormal');
  });
});

describe('side files', () => {
  test.each([
    ...['__MACOSX/train/normal/._a.png', 'train/normal/._a.png', 'train/normal/.DS_Store', 'train/normal/Thumbs.db'],
    ...['train/normal/desktop.ini', 'train/normal/@eaDir/a.png/SYNOPHOTO_THUMB_XL.jpg', '#recycle/a.png'],
    ...['train/normal/.thumbnails/a.png', 'train/normal/SYNOPHOTO_THUMB_M.jpg', 'train/normal/~$a.png'],
    ...['train/normal/.@__thumb/a.png', 'train/normal/thumbnails/a.png', '$RECYCLE.BIN/a.png', 'train/normal/a.png~'],
    ...['train/normal/README.txt', 'train/normal/labels.csv', 'train/normal/info.json', 'train/normal/DICOMDIR'],
    ...['train/normal/a_thumb.png', 'train\\normal\\Thumbs.db', 'LICENSE'],
  ])('%s is left out', async (name) => {
    const { entries, found } = await read(['train/normal/a.png', name]);
    expect(entries[0]).toMatchObject({ role: 'image' });
    expect(entries[1]).toMatchObject({ role: 'ignored', reason: expect.stringMatching(/^It (is|lies) .*\.$/) });
    expect(found).toMatch(/1 other file left out\.$/);
  });

  test('around the folder that everything lies in do not hide it', async () => {
    const { entries } = await read(['.DS_Store', '__MACOSX/set/._train', 'README.md', 'set/train/normal/a.png']);
    expect(entries[3]).toMatchObject({ role: 'image', split: 'train', label: 'normal' });
  });
});

describe('no known layout', () => {
  test('with images at the top takes them as normal', async () => {
    const { told, found, kind } = await read(['a.png', 'b', 'README.md', 'more/c.png', 'a_mask.png']);
    expect(kind).toBe('plain');
    expect(told).toMatchObject({ 'a.png': 'train normal', b: 'train normal', 'more/c.png': expect.any(String) });
    expect(found).toBe(
      'No known layout: 2 images at the top, taken as normal training images, 1 file refused, 2 other files left out.',
    );
  });

  test.each([[['pictures/a.png']], [['pictures/a.png', 'others/b.png']], [['model.onnx', 'detector.json']], [[]]])(
    'is said of %j',
    async (names) => {
      const { kind, entries } = await read(names);
      expect(kind).toBe('unknown');
      expect(entries.every(({ role }) => role === 'ignored')).toBe(true);
    },
  );
});

test('whatever the names, each has its place, images and masks name each other, and the Unicode form is of no matter', async () => {
  const segment = fc.constantFrom(
    'train',
    'test',
    'normal',
    'good',
    'abnormal',
    'masks',
    'ground_truth',
    'é',
    'x',
    '.',
    '..',
  );
  const file = fc.constantFrom('a.png', 'a_mask.png', 'é.dcm', 'é_mask.tif', 'A.PNG', '._a', 'b', 'b.1', 'train.json');
  const name = fc
    .tuple(fc.array(segment, { maxLength: 4 }), file)
    .map(([folders, last]) => [...folders, last].join('/'));
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(name, { maxLength: 30 }), async (names) => {
      const layout = await readLayout(names, noLists);
      expect(layout.entries).toHaveLength(names.length);
      for (const [index, entry] of layout.entries.entries()) {
        if (entry.role === 'mask')
          for (const image of entry.images) expect(layout.entries[image]).toMatchObject({ mask: index });
        if (entry.role === 'image' && entry.mask !== undefined) {
          expect(layout.entries[entry.mask]).toMatchObject({ role: 'mask', images: expect.arrayContaining([index]) });
        }
      }
      const decomposed = names.map((one) => one.normalize('NFD'));
      expect(await readLayout(decomposed, noLists)).toEqual(layout);
    }),
  );
});
