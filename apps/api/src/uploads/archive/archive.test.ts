import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  type ArchiveEntry,
  encrypted,
  gzipped,
  tar,
  withMethod,
  withoutNameEncoding,
  zip,
} from '../../testing/archives.js';
import { bitmap } from '../../testing/bitmaps.js';
import { closeSharedPool, TestService } from '../../testing/test-service.js';

const limits = { packedBytes: 1_000_000, unpackedBytes: 8_000_000, ratio: 20, entries: 40 };
let service: TestService;
beforeAll(async () => {
  service = await TestService.start({ settings: { archives: limits } });
});
afterAll(async () => {
  await service.stop();
  await closeSharedPool();
});

const newDataset = async () => (await service.post('/v1/datasets', { json: { name: 'a' } })).json.id as string;
const upload = async (id: string, body: Uint8Array, type = 'application/octet-stream') =>
  service.post(`/v1/datasets/${id}/archive`, { body, headers: { 'content-type': type } });
const temporaries = () => service.temporaryFiles;

const folders: ArchiveEntry[] = [
  ['train/normal/a.bmp', bitmap(16, 12, 1)],
  ['train/normal/bad.png', 'no image'],
  ['README.md', 'read me'],
  ['test/normal/b.bmp', bitmap(16, 12, 2)],
  ['test/abnormal/c.bmp', bitmap(16, 12, 3)],
  ['masks/c.png', bitmap(16, 12, 4)],
  ['masks/z.png', bitmap(16, 12, 5)],
  ['__MACOSX/train/normal/._a.bmp', 'x'],
];
const manifest = (lines: readonly object[]) => lines.map((line) => JSON.stringify(line)).join('\n');
const paper: ArchiveEntry[] = [
  ['images/train/normal/a.bmp', bitmap(16, 12, 1)],
  ['images/test/normal/b.bmp', bitmap(16, 12, 2)],
  ['images/test/abnormal/c.bmp', bitmap(16, 12, 3)],
  ['images/test/ground_true/c_mask.bmp', bitmap(16, 12, 4)],
  ['images/test/unlisted.bmp', bitmap(16, 12, 5)],
  ['samples/train.json', manifest([{ filename: 'train/normal/a.bmp', label: 0, clsname: 'brain' }])],
  [
    'samples/test.json',
    manifest([
      { filename: 'test/normal/b.bmp', label: 0, clsname: 'brain' },
      { filename: 'test/abnormal/c.bmp', label: 1, clsname: 'brain', mask: 'test/ground_true/c_mask.bmp' },
    ]),
  ],
];
const nested = (entries: readonly ArchiveEntry[]) =>
  entries.map(([name, content]): ArchiveEntry => [`set/${name}`, content]);

interface Outcome {
  readonly fileName: string;
  readonly outcome: string;
  readonly split?: string;
  readonly label?: string;
  readonly hasMask?: boolean;
  readonly error?: { readonly type: string };
}
const summary = ({ fileName, outcome, split, label, hasMask, error }: Outcome) =>
  [
    fileName,
    outcome,
    ...(outcome === 'stored' ? [split, label, hasMask] : error ? [error.type.split('/').at(-1)] : []),
  ].join(' ');

describe('an archive', () => {
  test.each<[string, () => Promise<Buffer>]>([
    ['zip', () => zip(folders)],
    ['compressed zip', () => zip(folders, { compress: true })],
    ['tar', () => tar(folders)],
    ['gzipped tar', async () => gzipped(await tar(folders))],
  ])('in folders comes in as a %s', async (_, pack) => {
    const id = await newDataset();
    const { status, json } = await upload(id, await pack());
    expect(status).toBe(200);
    expect(json.layout).toEqual({
      kind: 'folders',
      found:
        'The layout in folders: 2 training images, 1 normal and 1 abnormal test image, 1 mask, 1 file refused, 2 other files left out.',
    });
    expect(json.outcomes.map(summary)).toEqual([
      'train/normal/a.bmp stored train normal false',
      'train/normal/bad.png rejected image-unsupported-format',
      'README.md skipped',
      'test/normal/b.bmp stored test normal false',
      'test/abnormal/c.bmp stored test abnormal true',
      'masks/z.png rejected mask-without-image',
      '__MACOSX/train/normal/._a.bmp skipped',
    ]);
    expect((await service.get(`/v1/datasets/${id}`)).json.counts).toMatchObject({
      train: { normal: 1 },
      test: { normal: 1, abnormal: 1 },
    });
    expect(temporaries()).toEqual([]);
  });

  test('has the names that its bytes are, whether it says their encoding or not', async () => {
    const names = ['train/normal/\u00fc1.bmp', 'train/normal/#2.bmp'];
    const packed = withoutNameEncoding(await zip(names.map((name, i) => [name, bitmap(16, 12, i)])));
    // In code page 437, as Windows writes it.
    const mixed = Buffer.from(packed.toString('latin1').replaceAll('#2.bmp', '\x812.bmp'), 'latin1');
    const { json } = await upload(await newDataset(), mixed);
    expect(json.outcomes.map(summary)).toEqual([
      'train/normal/\u00fc1.bmp stored train normal false',
      'train/normal/\u00fc2.bmp stored train normal false',
    ]);
  });

  test.each<[string, readonly ArchiveEntry[]]>([
    ['as the paper lays it out', paper],
    ['with one folder around it', nested(paper)],
  ])('%s is read by its lists', async (_, entries) => {
    const { json } = await upload(await newDataset(), await zip(entries));
    expect(json.outcomes.map(summary).map((line: string) => line.replace('set/', ''))).toEqual([
      'images/train/normal/a.bmp stored train normal false',
      'images/test/normal/b.bmp stored test normal false',
      'images/test/abnormal/c.bmp stored test abnormal true',
      'images/test/unlisted.bmp skipped',
    ]);
  });

  test('with lists of Windows, words as labels, other formats of masks and files that are missing is read as far as it goes', async () => {
    const lines = [
      { filename: 'a.bmp', label: 'good', mask: null },
      { filename: 'b.bmp', label: '1', mask: 'masks\\b.bmp' },
      { filename: 'c.bmp', label: 'anomaly', mask: 'masks/c.bmp' },
      { filename: 'd.bmp', label: 0 },
    ];
    const entries: ArchiveEntry[] = [
      ['set\\images\\a.bmp', bitmap(16, 12, 1)],
      ['set\\images\\b.bmp', bitmap(16, 12, 2)],
      ['set\\images\\c.bmp', bitmap(16, 12, 3)],
      ['set\\images\\masks\\b.bmp', bitmap(16, 12, 4)],
      ['set\\images\\@eaDir\\a.bmp\\SYNOPHOTO_THUMB_M.jpg', bitmap(16, 12, 5)],
      ['set\\samples\\test.json', `\ufeff${lines.map((line) => JSON.stringify(line)).join('\r\n')}\r\n`],
    ];
    const { json } = await upload(await newDataset(), await zip(entries));
    expect(json.outcomes.map(summary)).toEqual([
      'set/images/a.bmp stored test normal false',
      'set/images/b.bmp stored test abnormal true',
      'set/images/c.bmp rejected listed-file-missing',
      'set/images/@eaDir/a.bmp/SYNOPHOTO_THUMB_M.jpg skipped',
      'd.bmp rejected listed-file-missing',
    ]);
    expect(json.layout.found).toBe(
      "The paper's layout (sample lists): 0 training images, 1 normal and 1 abnormal test image, 1 mask, 1 file refused, " +
        '1 listed file missing, 1 other file left out.',
    );
  });

  test('has groups by its folders where it is asked for, and by its lists', async () => {
    const groupsOf = async (query: string, entries: readonly ArchiveEntry[]) => {
      const target = `/v1/datasets/${await newDataset()}/archive${query}`;
      const headers = { 'content-type': 'application/zip' };
      const { json } = await service.post(target, { body: await zip(entries), headers });
      return json.outcomes?.map(({ group }: { group?: string }) => group) ?? json.group;
    };
    const patients: ArchiveEntry[] = [
      ['train/normal/p1/a.bmp', bitmap(16, 12, 1)],
      ['train/normal/p1/deep/b.bmp', bitmap(16, 12, 2)],
      ['test/normal/c.bmp', bitmap(16, 12, 3)],
    ];
    expect(await groupsOf('?groups=folder', patients)).toEqual(['p1', 'p1', undefined]);
    expect(await groupsOf('', patients)).toEqual([undefined, undefined, undefined]);
    const parted: ArchiveEntry[] = [...patients, ['test/abnormal/p1/d.bmp', bitmap(16, 12, 4)]];
    expect(await groupsOf('?groups=folder', parted)).toBe('p1');
    const listed: ArchiveEntry[] = [
      ['images/a.bmp', bitmap(16, 12, 1)],
      ['samples/train.json', manifest([{ filename: 'a.bmp', label: 0, group: 'patient 9' }])],
    ];
    expect(await groupsOf('', listed)).toEqual(['patient 9']);
  });

  test('with images at its top takes them as normal, and says so', async () => {
    const { json } = await upload(
      await newDataset(),
      await zip([
        ['a.bmp', bitmap()],
        ['Thumbs.db', 'x'],
      ]),
    );
    expect(json.outcomes.map(summary)).toEqual(['a.bmp stored train normal false', 'Thumbs.db skipped']);
    expect(json.layout).toMatchObject({
      kind: 'plain',
      found: expect.stringContaining('1 image at the top, taken as'),
    });
  });

  test.each([
    [9, 'archive-unsupported-method', 'Deflate64'],
    [12, 'archive-unsupported-method', 'BZIP2'],
    [14, 'archive-unsupported-method', 'LZMA'],
    [93, 'archive-unsupported-method', 'Zstandard'],
    [77, 'archive-unsupported-method', 'method 77'],
    [99, 'archive-encrypted', 'AES'],
  ])('compressed by method %i is refused once, naming it', async (method, problem, name) => {
    const id = await newDataset();
    const answer = await upload(id, withMethod(await zip(folders, { compress: true }), method));
    expect(answer.problem).toBe(problem);
    expect(answer.json.detail).toContain(name);
    expect(answer.json.entry).toBe('train/normal/a.bmp');
    expect(temporaries()).toEqual([]);
  });

  const image: ArchiveEntry = ['train/normal/a.bmp', bitmap()];
  const zeros = Buffer.alloc(3_000_000);
  test.each<[string, () => Promise<Buffer>, string]>([
    ['a path that climbs out, zip', () => zip([image, ['../evil.bmp', bitmap()]]), 'archive-unsafe-path'],
    ['a path that climbs out, tar', () => tar([image, ['train/../../evil.bmp', bitmap()]]), 'archive-unsafe-path'],
    [
      'a path that climbs out by backslashes',
      () => zip([image, ['a\\..\\..\\b.bmp', bitmap()]]),
      'archive-unsafe-path',
    ],
    ['an absolute path, zip', () => zip([image, ['/etc/evil.bmp', bitmap()]]), 'archive-unsafe-path'],
    ['an absolute path, tar', () => tar([image, ['/etc/evil.bmp', bitmap()]]), 'archive-unsafe-path'],
    ['a drive', () => zip([image, ['C:/evil.bmp', bitmap()]]), 'archive-unsafe-path'],
    [
      'a symbolic link, zip',
      () => zip([image, ['train/normal/b.bmp', '/etc/passwd']], { mode: 0o120777 }),
      'archive-link',
    ],
    [
      'a symbolic link, tar',
      () => tar([image], [{ name: 'train/normal/b.bmp', type: 'symlink', linkname: '/etc/passwd' } as never]),
      'archive-link',
    ],
    [
      'a hard link, tar',
      () => tar([image], [{ name: 'train/normal/b.bmp', type: 'link', linkname: 'train/normal/a.bmp' } as never]),
      'archive-link',
    ],
    ['a device', () => tar([image], [{ name: 'dev', type: 'character-device' } as never]), 'archive-link'],
    ['one name twice, zip', () => zip([image, image]), 'archive-duplicate-entry'],
    ['one name twice, tar', () => tar([image, ['./train/normal/a.bmp', bitmap()]]), 'archive-duplicate-entry'],
    ['a name that is too long, zip', () => zip([image, ['é'.repeat(2049), 'x']]), 'archive-names-too-long'],
    ['a name that is too long, tar', () => tar([image, ['é'.repeat(2049), 'x']]), 'archive-names-too-long'],
    ['encryption', async () => encrypted(await zip([image], { compress: true })), 'archive-encrypted'],
    ['a ratio beyond the limit, zip', () => zip([image, ['z', zeros]], { compress: true }), 'archive-expands-too-much'],
    [
      'a ratio beyond the limit, tar',
      async () => gzipped(await tar([image, ['z', zeros]])),
      'archive-expands-too-much',
    ],
    [
      'more than it may unpack to',
      async () => gzipped(await tar(['a', 'b', 'c'].map((name): ArchiveEntry => [name, zeros]))),
      'archive-expands-too-much',
    ],
    [
      'too many entries',
      () => zip(Array.from({ length: 41 }, (_, i): ArchiveEntry => [`train/normal/${i}`, ''])),
      'archive-too-many-entries',
    ],
    ['too many bytes', () => tar([['train/normal/a.bmp', Buffer.alloc(1_100_000)]]), 'payload-too-large'],
    ['an end that is missing, zip', async () => (await zip(folders)).subarray(0, 900), 'archive-corrupt'],
    ['an end that is missing, tar', async () => (await tar(folders)).subarray(0, 2000), 'archive-corrupt'],
    ['an end that is missing, gzip', async () => gzipped(await tar(folders)).subarray(0, 400), 'archive-corrupt'],
    ['no archive', async () => Buffer.from('hello'), 'archive-unsupported-format'],
    ['nothing', async () => Buffer.alloc(0), 'archive-unsupported-format'],
    ['no layout', () => zip([['pictures/a.bmp', bitmap()]]), 'archive-layout-unknown'],
    ['a list that is no JSON', () => zip([image, ['samples/train.json', 'x']]), 'archive-manifest-invalid'],
    [
      'a list of wrong labels',
      () => zip([image, ['samples/train.json', '{"filename":"a","label":2}']]),
      'archive-manifest-invalid',
    ],
    [
      'a list of nothing',
      () => zip([image, ['samples/train.json', '{"filename":"a","label":0}']]),
      'archive-manifest-invalid',
    ],
  ])('with %s is refused whole', async (_, pack, problem) => {
    const id = await newDataset();
    const before = await service.keys();
    const answer = await upload(id, await pack());
    expect(answer.problem).toBe(problem);
    expect(answer.json.detail).toMatch(/\.$/);
    expect(await service.keys()).toEqual(before);
    expect(temporaries()).toEqual([]);
  });

  test('with one entry whose bytes were changed loses that entry only', async () => {
    const bytes = await zip([
      ['train/normal/a.bmp', bitmap(16, 12, 1)],
      ['train/normal/b.bmp', bitmap(16, 12, 2)],
    ]);
    const at = bytes.indexOf(bitmap(16, 12, 1));
    bytes[at + 100]! ^= 0xff;
    const { json } = await upload(await newDataset(), bytes, 'application/zip');
    expect(json.outcomes.map(summary)).toEqual([
      'train/normal/a.bmp rejected image-corrupt',
      'train/normal/b.bmp stored train normal false',
    ]);
  });

  test('is told by its content, but other types of body are not taken', async () => {
    const id = await newDataset();
    const bytes = await zip([image]);
    expect((await upload(id, bytes, 'application/x-tar')).status).toBe(200);
    expect((await upload(id, bytes, 'application/json')).problem).toBe('unsupported-media-type');
  });

  test('whose client goes away leaves nothing', async () => {
    const id = await newDataset();
    const before = await service.keys();
    const sending = httpRequest(`${service.url}/v1/datasets/${id}/archive`, {
      method: 'POST',
      headers: { 'content-type': 'application/zip', 'transfer-encoding': 'chunked' },
    });
    sending.on('error', () => undefined);
    sending.write((await zip(folders)).subarray(0, 1500));
    while (temporaries().length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    service.log.length = 0;
    sending.destroy();
    while (temporaries().length > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await service.keys()).toEqual(before);
    while (service.log.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(service.log.map((line) => JSON.parse(line))).toEqual([
      expect.objectContaining({ level: 30, operation: 'uploadArchive', msg: 'the client went before it was answered' }),
    ]);
  });
});
