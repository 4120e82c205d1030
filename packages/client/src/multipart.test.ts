import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { LabelledFile } from './files.js';
import { multipart, type Part, uploadParts } from './multipart.js';

/** The parts of a body as the standard's own reader sees them. */
async function read(parts: readonly Part[]): Promise<[string, string | [string, number[]]][]> {
  const { contentType, open } = multipart(parts);
  const form = await new Response(ReadableStream.from(open()), { headers: { 'content-type': contentType } }).formData();
  const entries = [...form.entries()] as [string, string | File][];
  return Promise.all(
    entries.map(async ([name, value]): Promise<[string, string | [string, number[]]]> => {
      if (typeof value === 'string') return [name, value];
      return [name, [value.name, [...new Uint8Array(await value.arrayBuffer())]]];
    }),
  );
}

test('a form arrives as it was sent, whatever its files hold', async () => {
  const fileName = fc.stringMatching(/^[ -!#-$&-~]{1,20}$/);
  const part = fc.oneof(
    fc.tuple(fc.constantFrom('split', 'label'), fc.stringMatching(/^[ -~]{0,20}$/)),
    fc.tuple(fc.constantFrom('file', 'mask'), fc.record({ fileName, content: fc.uint8Array() })),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(part, { minLength: 1, maxLength: 6 }), async (parts) => {
      const expected = parts.map(([name, value]) => [
        name,
        typeof value === 'string' ? value : [value.fileName, [...value.content]],
      ]);
      expect(await read(parts)).toEqual(expected);
    }),
    { numRuns: 50 },
  );
});

test('a file name cannot end its header', async () => {
  const { open } = multipart([['file', { fileName: 'a"\r\nX: y', content: new Uint8Array() }]]);
  expect(await new Response(ReadableStream.from(open())).text()).toContain('filename="a%22%0D%0AX: y"\r\n');
});

test('split and label stand before the files that they hold for, a mask after its image', () => {
  const content = new Uint8Array();
  const file = (fileName: string, label: LabelledFile['label'], mask?: string): LabelledFile => ({
    fileName,
    content,
    split: 'test',
    label,
    ...(mask !== undefined && { mask: { fileName: mask, content } }),
  });
  const parts = [...uploadParts([file('a', 'normal'), file('b', 'abnormal', 'm'), file('c', 'abnormal')])];
  expect(parts.map(([name, value]) => `${name} ${typeof value === 'string' ? value : value.fileName}`)).toEqual([
    'split test',
    'label normal',
    'file a',
    'label abnormal',
    'file b',
    'mask m',
    'file c',
  ]);
});
