/** A plain file of an archive. */
export interface ArchiveFile {
  /** Relative, with slashes, without `.` and `..`. */
  readonly name: string;
  readonly sizeBytes: number;
  /** Its content. Reading it rejects with the problem `image-corrupt` when it cannot be unpacked. */
  open(): AsyncIterable<Uint8Array>;
}

/** An archive whose every entry was looked at and found safe. */
export interface Archive {
  /** In the order of the archive. */
  readonly files: readonly ArchiveFile[];
  close(): Promise<void>;
}

export interface ArchiveLimits {
  readonly unpackedBytes: number;
  /** Unpacked to packed size. */
  readonly ratio: number;
  readonly entries: number;
}
