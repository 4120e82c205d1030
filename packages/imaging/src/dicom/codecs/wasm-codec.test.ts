import { expect, test } from '@jest/globals';
import { WasmCodec } from './wasm-codec.js';

test('a codec that could not be loaded is loaded anew', async () => {
  let loads = 0;
  const decoder = {
    getEncodedBuffer: (length: number) => new Uint8Array(length),
    decode: () => undefined,
    getDecodedBuffer: () => Uint8Array.of(7),
    getFrameInfo: () => ({ width: 1, height: 1, bitsPerSample: 8, componentCount: 1 }),
    delete: () => undefined,
  };
  const codec = new WasmCodec(
    async () => {
      if (++loads === 1) throw new Error('EMFILE');
      return { HEAPU8: new Uint8Array(1) };
    },
    () => decoder,
  );
  await expect(codec.decode(Uint8Array.of(1), () => 0)).rejects.toThrow('EMFILE');
  expect(await codec.decode(Uint8Array.of(1), ({ samples: [sample] }) => sample)).toBe(7);
  expect(loads).toBe(2);
});
