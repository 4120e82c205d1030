const MAGIC = '\x93NUMPY';
const PREFIX_BYTES = 10;
const ALIGNMENT_BYTES = 64;

/**
 * A float32 array as an NPY file of version 1.0, little-endian, C order (NumPy's format description, NEP 1).
 * Throws a RangeError when `shape` does not hold exactly `data`.
 */
export function writeNpy(data: Float32Array, shape: readonly number[]): Uint8Array {
  const size = shape.reduce((product, length) => product * length, 1);
  if (size !== data.length) throw new RangeError(`${data.length} values do not fill the shape [${shape.join(', ')}].`);
  const tuple = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const description = `{'descr': '<f4', 'fortran_order': False, 'shape': (${tuple}), }`;
  const headerEnd = Math.ceil((PREFIX_BYTES + description.length + 1) / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
  const header = `${description.padEnd(headerEnd - PREFIX_BYTES - 1)}\n`;

  const file = Buffer.alloc(headerEnd + data.length * 4);
  file.write(MAGIC, 'latin1');
  file.writeUInt8(1, 6);
  file.writeUInt16LE(header.length, 8);
  file.write(header, PREFIX_BYTES, 'latin1');
  for (let i = 0; i < data.length; i++) file.writeFloatLE(data[i]!, headerEnd + 4 * i);
  return file;
}

/** Reads what `writeNpy` writes: float32, little-endian, C order. Throws an Error that names what is different. */
export function readNpy(bytes: Uint8Array): { shape: readonly number[]; data: Float32Array } {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (file.length < PREFIX_BYTES || file.toString('latin1', 0, 6) !== MAGIC || file[6] !== 1) {
    throw new Error('These bytes are no NPY file of version 1.0.');
  }
  const headerEnd = PREFIX_BYTES + file.readUInt16LE(8);
  const header = file.toString('latin1', PREFIX_BYTES, headerEnd);
  const match = /^\{'descr': '<f4', 'fortran_order': False, 'shape': \(([\d, ]*)\), \} *\n$/.exec(header);
  if (!match) throw new Error(`The NPY file holds something else than little-endian float32 in C order: ${header}`);
  const shape = match[1]!.split(',').flatMap((length) => (length.trim() === '' ? [] : [Number(length)]));
  const size = shape.reduce((product, length) => product * length, 1);
  if (file.length !== headerEnd + size * 4)
    throw new Error(`The NPY file does not hold the ${size} values it declares.`);
  return { shape, data: Float32Array.from({ length: size }, (_, i) => file.readFloatLE(headerEnd + 4 * i)) };
}
