import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { FormFault } from './form-fault.js';
import { boundaryOf, readPartHead } from './part-head.js';
import { readParts } from './read-parts.js';

const boundary = 'b0undary';

/** A body in pieces that end at `cuts`. */
async function* cut(body: Buffer, cuts: readonly number[]) {
  let start = 0;
  for (const end of [...cuts.map((at) => at % (body.length + 1)).sort((a, b) => a - b), body.length]) {
    if (end > start) yield body.subarray(start, end);
    start = Math.max(start, end);
  }
}

async function read(body: string | Buffer, cuts: readonly number[] = []) {
  const found: { name: string; fileName: string | undefined; content: string }[] = [];
  for await (const { name, fileName, content } of readParts(cut(Buffer.from(body), cuts), boundary, readPartHead)) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of content) chunks.push(chunk);
    found.push({ name, fileName, content: Buffer.concat(chunks).toString('latin1') });
  }
  return found;
}

const part = (head: string, content = 'x') => `--${boundary}\r\n${head}\r\n\r\n${content}\r\n`;
const field = (parameters: string) => part(`Content-Disposition: form-data; ${parameters}`);
const end = `--${boundary}--\r\n`;

describe('the parts of a form', () => {
  test('are the same however the body is cut into pieces', async () => {
    const contents = fc.array(
      fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
      { maxLength: 5 },
    );
    const tricky = fc.constantFrom('', '\r\n', `\r\n--${boundary.slice(0, -1)}`, '--', '\r\n--', '\r', '\n');
    await fc.assert(
      fc.asyncProperty(contents, tricky, fc.array(fc.nat(5000), { maxLength: 20 }), async (files, ending, cuts) => {
        const texts = files.map((file) => file.toString('latin1') + ending);
        const parts = texts.map((text, i) =>
          Buffer.concat([
            Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="f${i}"; filename="${i}.png"\r\n\r\n`),
            Buffer.from(text, 'latin1'),
            Buffer.from('\r\n'),
          ]),
        );
        const expected = texts.map((content, i) => ({ name: `f${i}`, fileName: `${i}.png`, content }));
        expect(await read(Buffer.concat([...parts, Buffer.from(end)]), cuts)).toEqual(expected);
      }),
      { numRuns: 200 },
    );
  });

  test('that are not read are passed over', async () => {
    const names: string[] = [];
    const body = Buffer.from(field('name="a"') + field('name="b"; filename="b"') + end);
    for await (const { name, content } of readParts(cut(body, [30, 50]), boundary, readPartHead)) {
      names.push(name);
      for await (const _ of content) break;
    }
    expect(names).toEqual(['a', 'b']);
  });

  test.each([
    ['name="a"', 'a', undefined],
    ['name=a', 'a', undefined],
    ['filename="x.png"; name="file"', 'file', 'x.png'],
    ['name="file"; filename="C:\\\\scans\\\\x.png"', 'file', 'x.png'],
    ['name="file"; filename="../../x;y=\\"z\\".png"', 'file', 'x;y="z".png'],
    ['name="file"; filename=""', 'file', ''],
    ['name="file"; filename="Übersicht.png"', 'file', 'Übersicht.png'],
    [`name="file"; filename="a"; filename*=UTF-8''%C3%9Cbersicht.png`, 'file', 'Übersicht.png'],
  ])('say who they are with %s', async (parameters, name, fileName) => {
    expect(await read(field(parameters) + end)).toEqual([{ name, fileName, content: 'x' }]);
  });

  test.each([
    ['nothing at all', ''],
    ['no boundary', 'hello'],
    ['no end', field('name="a"')],
    ['an end in the middle of a head', `--${boundary}\r\nContent-Dispo`],
    ['a part without a Content-Disposition', part('Content-Type: image/png', 'x'.repeat(40_000)) + end],
    ['a part without a head', `--${boundary}\r\n\r\nx\r\n${end}`],
    ['another disposition', part('Content-Disposition: attachment; name="a"') + end],
    ['a part without a name', field('filename="a"') + end],
    ['a parameter that is none', field('name="a"; =') + end],
    ['a quote that never ends', field('name="a') + end],
    ['a name that is no UTF-8', field(`name="a"; filename*=UTF-8''%FF`) + end],
    ['a line that is no header', part('hello') + end],
    ['a head that is endless', part(`X: ${'x'.repeat(20_000)}`) + end],
    ['text behind a boundary', `--${boundary} x\r\n${end}`],
  ])('are none with %s', async (_, body) => {
    await expect(read(body)).rejects.toThrow(FormFault);
    await expect(read(body, [1, 7, 20, 21])).rejects.toThrow(FormFault);
  });
});

test('a boundary is read with and without quotes, and must be there', () => {
  expect(boundaryOf('multipart/form-data; boundary=abc')).toBe('abc');
  expect(boundaryOf('Multipart/Form-Data; charset=utf-8; boundary="a b"')).toBe('a b');
  for (const type of [
    'multipart/form-data',
    'multipart/form-data; boundary=',
    `multipart/form-data; boundary="${'x'.repeat(201)}"`,
  ]) {
    expect(() => boundaryOf(type)).toThrow(FormFault);
  }
});
