import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { GatheredBytes } from './gathered-bytes.js';

test('chunks of any size are kept as they came', () => {
  const sizes = fc.array(fc.oneof(fc.nat(5), fc.constantFrom(1023, 1024, 70_000)), { maxLength: 40 });
  fc.assert(
    fc.property(sizes, (lengths) => {
      const chunks = lengths.map((length, index) => Buffer.alloc(length, index));
      const gathered = new GatheredBytes();
      for (const chunk of chunks) gathered.add(chunk);
      const all = Buffer.concat(chunks);
      expect(gathered.sizeBytes).toBe(all.length);
      expect(all.equals(gathered.joined())).toBe(true);
      expect(all.equals(Buffer.concat([...gathered.pieces()]))).toBe(true);
    }),
  );
});

test('a megabyte that came in single bytes is in a few dozen pieces, none of which is a byte that came', () => {
  const gathered = new GatheredBytes();
  const byte = Buffer.from('x');
  for (let sent = 0; sent < 2 ** 20; sent++) gathered.add(byte);
  expect(gathered.pieces().length).toBeLessThan(40);
});
