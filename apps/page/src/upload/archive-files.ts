/** A file of an archive, told without unpacking the rest. */
export interface ArchivedFile {
  readonly path: string;
  readonly read: () => Promise<Uint8Array<ArrayBuffer>>;
}

/**
 * The files of a ZIP (its directory; APPNOTE 6.3.10, 4.3) or of a tar (its headers; POSIX pax and GNU long names).
 * `undefined` of what cannot be listed without reading all of it, or at all: compressed tars, ZIP64, what is damaged or
 * empty.
 */
export async function filesOfArchive(archive: Blob): Promise<readonly ArchivedFile[] | undefined> {
  try {
    const start = await viewOf(archive, 0, 4);
    const isZip = start.getUint32(0, true) === zipEntry;
    const files = await (isZip ? filesOfZip(archive) : filesOfTar(archive));
    return files.length > 0 ? files : undefined;
  } catch {
    return undefined;
  }
}

const zipEntry = 0x04034b50;
const zipListed = 0x02014b50;
const zipEnd = 0x06054b50;
const zipEndBytes = 22;
const longestComment = 0xffff;

async function filesOfZip(archive: Blob): Promise<ArchivedFile[]> {
  const tail = await viewOf(archive, Math.max(0, archive.size - zipEndBytes - longestComment), archive.size);
  let end = tail.byteLength - zipEndBytes;
  while (tail.getUint32(end, true) !== zipEnd) end--;
  const [count, bytes, start] = [
    tail.getUint16(end + 10, true),
    tail.getUint32(end + 12, true),
    tail.getUint32(end + 16, true),
  ];
  if (start === 0xffffffff || count === 0xffff) throw new RangeError('A ZIP64 is not listed.');
  const directory = await viewOf(archive, start, start + bytes);
  const files: ArchivedFile[] = [];
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (directory.getUint32(at, true) !== zipListed) throw new RangeError('The directory of the ZIP is damaged.');
    const isDeflated = directory.getUint16(at + 10, true) !== 0;
    const size = directory.getUint32(at + 20, true);
    const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((place) => directory.getUint16(at + place, true));
    const header = directory.getUint32(at + 42, true);
    const path = textOf(directory, at + 46, nameBytes!);
    if (!path.endsWith('/')) files.push({ path, read: () => readZipped(archive, { header, size, isDeflated }) });
    at += 46 + nameBytes! + extraBytes! + commentBytes!;
  }
  return files;
}

interface Zipped {
  readonly header: number;
  readonly size: number;
  readonly isDeflated: boolean;
}

async function readZipped(archive: Blob, { header, size, isDeflated }: Zipped): Promise<Uint8Array<ArrayBuffer>> {
  const local = await viewOf(archive, header, header + 30);
  const start = header + 30 + local.getUint16(26, true) + local.getUint16(28, true);
  const stored = archive.slice(start, start + size);
  if (!isDeflated) return new Uint8Array(await stored.arrayBuffer());
  const unpacked = new Response(stored.stream().pipeThrough(new DecompressionStream('deflate-raw')));
  return new Uint8Array(await unpacked.arrayBuffer());
}

const tarBlock = 512;

async function filesOfTar(archive: Blob): Promise<ArchivedFile[]> {
  const files: ArchivedFile[] = [];
  let longName: string | undefined;
  for (let at = 0; at + tarBlock <= archive.size; ) {
    const header = await viewOf(archive, at, at + tarBlock);
    if (header.getUint8(0) === 0) break;
    if (textOf(header, 257, 5) !== 'ustar') throw new RangeError('It is no tar.');
    const size = Number.parseInt(textOf(header, 124, 12), 8);
    if (!Number.isSafeInteger(size)) throw new RangeError('A file of the tar has no size.');
    const start = at + tarBlock;
    at = start + Math.ceil(size / tarBlock) * tarBlock;
    const read = async () => new Uint8Array(await archive.slice(start, start + size).arrayBuffer());
    const type = textOf(header, 156, 1);
    if (type === 'x') longName = /\d+ path=([^\n]*)\n/.exec(new TextDecoder().decode(await read()))?.[1] ?? longName;
    else if (type === 'L') longName = new TextDecoder().decode(await read()).replace(/\0.*$/, '');
    else if (type === 'g' || type === 'K') continue;
    else {
      const folder = textOf(header, 345, 155);
      const name = textOf(header, 0, 100);
      // GNU tar keeps times where POSIX has the folder.
      const path = longName ?? (folder && textOf(header, 263, 2) === '00' ? `${folder}/${name}` : name);
      longName = undefined;
      if (type === '0' || type === '') files.push({ path, read });
    }
  }
  return files;
}

async function viewOf(archive: Blob, start: number, end: number): Promise<DataView> {
  return new DataView(await archive.slice(start, end).arrayBuffer());
}

/** The text of a field up to its first zero byte. */
function textOf({ buffer, byteOffset }: DataView, at: number, length: number): string {
  const bytes = new Uint8Array(buffer as ArrayBuffer, byteOffset + at, length);
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}
