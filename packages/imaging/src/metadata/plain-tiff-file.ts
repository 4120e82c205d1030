import { fullPages } from '../raster/tiff/decode-tiff.js';
import { TiffFile, tagCodes } from '../raster/tiff/tiff-file.js';
import { compressions, readTiffPage } from '../raster/tiff/tiff-page.js';
import { blankTags } from './plain-jpeg-file.js';

const keptTags: ReadonlySet<number> = new Set(Object.values(tagCodes));

/**
 * The same TIFF of one page with zeros in the place of everything but its pixels and the tags that matter for them;
 * its strips or tiles stay where they are.
 */
export function plainTiffFile(bytes: Uint8Array): Uint8Array {
  const file = new TiffFile(bytes);
  const [directory] = fullPages(file.directories());
  const page = readTiffPage(file, directory!);
  const plain = new Uint8Array(bytes.length);
  for (const segment of page.segments) {
    const copy = Uint8Array.from(segment);
    if (page.compression === compressions.jpeg) blankTags(copy);
    plain.set(copy, segment.byteOffset - bytes.byteOffset);
  }
  file.copyDirectory(directory!, plain, keptTags);
  const tables = directory!.bytes(tagCodes.jpegTables);
  if (tables) blankTags(plain.subarray(tables.byteOffset - bytes.byteOffset).subarray(0, tables.length));
  return plain;
}
