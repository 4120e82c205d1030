const systemFolder =
  /^(?:__MACOSX|@eaDir|@tmp|@Recycle|@Recently-Snapshot|#recycle|#snapshot|\$RECYCLE\.BIN|RECYCLER|System Volume Information|lost\+found|Network Trash Folder|Temporary Items)$/i;
const thumbnailFolder = /^[._]*(?:thumbs?|thumbnails?)$/i;
const systemFile =
  /^(?:(?:eh)?thumbs(?:_vista)?\.db|desktop\.ini|picasa\.ini|folder\.jpg|albumart.*\.jpg|zbthumbnail\.info|icon\r|~\$.*|.*~|SYNO(?:PHOTO|FILE|INDEX|VIDEO)_.*)$/i;
const unfinishedFile = /\.(?:tmp|part|partial|crdownload|bak|swp)$/i;
const dicomIndex = /^DICOMDIR$/i;
const document =
  /^(?:readme|licen[cs]e|notice|copying|changelog|manifest)$|\.(?:md|txt|rtf|json|jsonl|csv|tsv|xlsx?|ods|docx?|odt|pdf|xml|ya?ml|html?|log|ini|cfg|db|lnk|url|sha256|md5)$/i;

/**
 * True of the name of a folder of an operating system or a network storage, or of thumbnails: nothing in it is data.
 */
export function isSideFolder(name: string): boolean {
  return name.startsWith('.') || systemFolder.test(name) || thumbnailFolder.test(name);
}

/**
 * Why the entry with these path segments is no image whatever the layout, as a sentence; undefined of one that may be
 * one.
 */
export function sideFileReason(segments: readonly string[]): string | undefined {
  const name = segments.at(-1) ?? '';
  if (name.startsWith('.') || systemFile.test(name))
    return 'It is a side file of an operating system or a network storage.';
  const folder = segments.find(isSideFolder);
  if (folder !== undefined) {
    return thumbnailFolder.test(folder)
      ? 'It lies in a folder of thumbnails.'
      : `It lies in ${folder}, a folder of an operating system or a network storage.`;
  }
  if (unfinishedFile.test(name)) return 'It is a temporary file or a backup.';
  if (dicomIndex.test(name)) return 'It is the index of a DICOM medium and holds no image.';
  if (document.test(name)) return 'It is a document and no image.';
  return undefined;
}
