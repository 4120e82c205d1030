const magic = '\x93NUMPY';
const prefixBytes = 10;
const alignmentBytes = 64;

/**
 * A float32 array as an NPY file of version 1.0, little-endian, C order (NumPy's format description, NEP 1).
 * Throws a RangeError when `shape` does not hold exactly `data`.
 */
export function writeNpy(data: Float32Array, shape: readonly number[]): Uint8Array {
  const size = shape.reduce((product, length) => product * length, 1);
  if (size !== data.length) throw new RangeError(`${data.length} values do not fill the shape [${shape.join(', ')}].`);
  const tuple = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const description = `{'descr': '<f4', 'fortran_order': False, 'shape': (${tuple}), }`;
  const headerEnd = Math.ceil((prefixBytes + description.length + 1) / alignmentBytes) * alignmentBytes;
  const header = `${description.padEnd(headerEnd - prefixBytes - 1)}\n`;

  const file = Buffer.alloc(headerEnd + data.length * 4);
  file.write(magic, 'latin1');
  file.writeUInt8(1, 6);
  file.writeUInt16LE(header.length, 8);
  file.write(header, prefixBytes, 'latin1');
  for (let i = 0; i < data.length; i++) file.writeFloatLE(data[i]!, headerEnd + 4 * i);
  return file;
}

/** Reads what `writeNpy` writes: float32, little-endian, C order. Throws an Error that names what is different. */
export function readNpy(bytes: Uint8Array): { shape: readonly number[]; data: Float32Array } {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (file.length < prefixBytes || file.toString('latin1', 0, 6) !== magic || file[6] !== 1) {
    throw new Error('These bytes are no NPY file of version 1.0.');
  }
  const headerEnd = prefixBytes + file.readUInt16LE(8);
  const header = file.toString('latin1', prefixBytes, headerEnd);
  const match = /^\{'descr': '<f4', 'fortran_order': False, 'shape': \(([\d, ]*)\), \} *\n$/.exec(header);
  if (!match) throw new Error(`The NPY file holds something else than little-endian float32 in C order: ${header}`);
  const shape = match[1]!.split(',').flatMap((length) => (length.trim() === '' ? [] : [Number(length)]));
  const size = shape.reduce((product, length) => product * length, 1);
  if (file.length !== headerEnd + size * 4)
    throw new Error(`The NPY file does not hold the ${size} values it declares.`);
  return { shape, data: Float32Array.from({ length: size }, (_, i) => file.readFloatLE(headerEnd + 4 * i)) };
}
