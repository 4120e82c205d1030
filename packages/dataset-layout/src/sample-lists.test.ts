import { describe, expect, test } from '@jest/globals';
import { LayoutError } from './layout-error.js';
import { readLayout } from './read-layout.js';

type Lists = Readonly<Record<string, string | Uint8Array>>;

/** Reads a layout of these files and lists; a list comes in chunks of `chunkBytes`. */
async function read(files: readonly string[], lists: Lists, chunkBytes = 7) {
  const names = [...files, ...Object.keys(lists)];
  const layout = await readLayout(names, async function* (index) {
    const bytes = Buffer.from(lists[names[index]!]!);
    for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
  });
  return { ...layout, of: (name: string) => layout.entries[names.indexOf(name)] };
}

const line = (fields: object) => JSON.stringify(fields);
const train = (...lines: string[]): Lists => ({ 'samples/train.json': lines.join('\n') });
const testList = (...lines: string[]): Lists => ({ 'samples/test.json': lines.join('\n') });
const image = (split: string, label: string, more: object = {}) => ({ role: 'image', split, label, ...more });

describe('sample lists', () => {
  test('of the paper say split, label, mask and class', async () => {
    const { kind, found, of } = await read(
      ['images/t/a.png', 'images/n.png', 'images/b.png', 'images/m.png', 'c.png'],
      {
        ...train(line({ filename: 't/a.png', label: 0, label_name: 'normal', clsname: 'brain', mask: null })),
        ...testList(
          line({ filename: 'n.png', label: 0, clsname: 'brain', mask: '' }),
          line({ filename: 'b.png', label: 1, clsname: 'brain', mask: 'm.png', maskname: 3 }),
        ),
      },
    );
    expect(kind).toBe('lists');
    expect(of('images/t/a.png')).toEqual(image('train', 'normal', { className: 'brain' }));
    expect(of('images/n.png')).toEqual(image('test', 'normal', { className: 'brain' }));
    expect(of('images/b.png')).toEqual(image('test', 'abnormal', { className: 'brain', mask: 3 }));
    expect(of('images/m.png')).toEqual({ role: 'mask', images: [2] });
    expect(of('c.png')).toEqual({ role: 'ignored', reason: 'No sample list names it.' });
    expect(of('samples/train.json')).toEqual({ role: 'list' });
    expect(found).toBe(
      "The paper's layout (sample lists): 1 training image, 1 normal and 1 abnormal test image, 1 mask, 1 other file left out.",
    );
  });

  test.each([
    [0, 'normal'],
    ['0', 'normal'],
    ['Normal', 'normal'],
    ['good', 'normal'],
    [1, 'abnormal'],
    ['1', 'abnormal'],
    ['abnormal', 'abnormal'],
    ['Anomaly', 'abnormal'],
    ['defect', 'abnormal'],
  ])('take %j as %s', async (label, meaning) => {
    const { of } = await read(['images/a.png'], testList(line({ filename: 'a.png', label })));
    expect(of('images/a.png')).toMatchObject(image('test', meaning));
  });

  const sample = `${line({ filename: 'é/a.png', label: 0 })}\r\n\r\n${line({ filename: 'b.png', label: 0 })}\r\n`;
  test.each<[string, Uint8Array]>([
    ['UTF-8 without a mark', Buffer.from(sample)],
    ['UTF-8 with a mark', Buffer.from(`\ufeff${sample}`)],
    ['UTF-16 of Windows', Buffer.from(`\ufeff${sample}`, 'utf16le')],
    ['UTF-16, the other order', Buffer.from(`\ufeff${sample}`, 'utf16le').swap16()],
  ])('are read in %s, whatever the ends of lines and the pieces that they come in', async (_, bytes) => {
    for (const chunkBytes of [1, 3, 1000]) {
      const { of } = await read(['images/é/a.png', 'images/b.png'], { 'samples/train.json': bytes }, chunkBytes);
      expect(of('images/é/a.png')).toMatchObject(image('train', 'normal'));
      expect(of('images/b.png')).toMatchObject(image('train', 'normal'));
    }
  });

  test.each([
    ['images/caf\u00e9.png', 'cafe\u0301.png'],
    ['images/cafe\u0301.png', 'caf\u00e9.png'],
    ['images/p/a.png', 'p\\a.png'],
    ['images/p/a.png', './p//x/../a.png'],
    ['images/p/a.png', 'images/p/a.png'],
    ['images/a b.png', 'a%20b.png'],
    ['images/100%.png', '100%.png'],
    ['images/A.PNG', 'a.png'],
    ['p/a.png', 'p/a.png'],
  ])('find %s under %s', async (name, filename) => {
    const { of } = await read([name], testList(line({ filename, label: 0 })));
    expect(of(name)).toMatchObject(image('test', 'normal'));
  });

  test('cost only a line for a file that is not there, and refuse an image whose mask is not', async () => {
    const { missing, of, found } = await read(
      ['images/a.png', 'images/b.png'],
      testList(
        line({ filename: 'a.png', label: 1, mask: 'm.png' }),
        line({ filename: 'z.png', label: 0 }),
        line({ filename: 'b.png', label: 0, mask: 'm.png' }),
      ),
    );
    const place = 'of samples/test.json names';
    expect(missing).toEqual([{ fileName: 'z.png', reason: `Line 2 ${place} "z.png", which is not below images/.` }]);
    expect(of('images/a.png')).toEqual({
      role: 'refused',
      fault: 'listed-file-missing',
      reason: `Line 1 ${place} its mask "m.png", which is not below images/.`,
    });
    expect(of('images/b.png')).toMatchObject(image('test', 'normal'));
    expect(found).toMatch(/1 file refused, 1 listed file missing\.$/);
  });

  test('leave out abnormal training images, masks of normal images and listed side files', async () => {
    const { of } = await read(['images/a.png', 'images/m.png', 'images/._a.png', 'images/n.png'], {
      ...train(line({ filename: 'a.png', label: 1 }), line({ filename: '._a.png', label: 0 })),
      ...testList(line({ filename: 'n.png', label: 0, mask: 'm.png' })),
    });
    for (const name of ['images/a.png', 'images/m.png', 'images/._a.png'])
      expect(of(name)).toMatchObject({ role: 'ignored' });
  });

  test('may name a file twice if they say the same of it', async () => {
    const twice = line({ filename: 'a.png', label: 0 });
    expect((await read(['images/a.png'], train(twice, twice))).of('images/a.png')).toMatchObject({ role: 'image' });
    await expect(read(['images/a.png'], { ...train(twice), ...testList(twice) })).rejects.toThrow(
      'Line 1 of samples/test.json names "a.png" again, with another split, label or mask.',
    );
  });

  test.each<[Lists, string, RegExp]>([
    [train('x'), 'line-invalid', /^Line 1 of samples\/train\.json is no sample: it is no JSON\.$/],
    [train('', line({ label: 0 })), 'line-invalid', /^Line 2 of .* is no sample: filename is wrong: /],
    [train(line({ filename: 'a.png', label: 2 })), 'line-invalid', /label is wrong: expected 0 or 1, "normal" or/],
    [train('[]'), 'line-invalid', /the value is wrong: /],
    [train(line({ filename: '../../etc/a.png', label: 0 })), 'path-outside', /which lies outside images\/\.$/],
    [train(line({ filename: 'z.png', label: 0 })), 'files-missing', /"z\.png", which is not below images\/\.$/],
    [train(`{"filename":"${'a'.repeat(70_000)}"`), 'line-invalid', /^Line 1 of .* is longer than 65536 characters\.$/],
    [train('\n'.repeat(17_000_000)), 'line-invalid', /is longer than 16777216 bytes\.$/],
  ])('that cannot be used are refused with place and reason (%#)', async (lists, fault, message) => {
    const error = await read(['images/a.png'], lists, 65_536).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(LayoutError);
    expect(error).toMatchObject({ fault, message: expect.stringMatching(message) });
  });

  test('let other work run between few lines, and read no line to its end that is too long', async () => {
    const fields = Object.fromEntries(Array.from({ length: 5000 }, (_, key) => [`k${key}`, 0]));
    const lines = Array.from({ length: 60 }, (_, i) => line({ filename: `${i}.png`, label: 0, ...fields }));
    let turns = 0;
    let counting = true;
    const count = () => {
      turns++;
      if (counting) setImmediate(count);
    };
    count();
    const reading = read(
      lines.map((_, i) => `images/${i}.png`),
      train(...lines),
      lines.join('\n').length,
    );
    await reading.finally(() => {
      counting = false;
    });
    expect(turns).toBeGreaterThan(15);

    let given = 0;
    const keys = readLayout(['images/a.png', 'samples/train.json'], async function* () {
      for (; given < 256; given++) yield Buffer.alloc(65_536, '"k":0,');
    });
    await expect(keys).rejects.toThrow('is longer than 65536 characters');
    expect(given).toBeLessThan(4);
  });
});
