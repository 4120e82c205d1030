import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { pack } from 'tar-stream';

/** Files of a folder as a tar that is made while it is sent. Made again it has the same bytes. */
export class FolderArchive {
  readonly #folder: string;
  readonly #files: readonly { readonly name: string; readonly size: number }[];

  private constructor(folder: string, files: readonly { readonly name: string; readonly size: number }[]) {
    this.#folder = folder;
    this.#files = files;
  }

  /** `names` are relative to the folder; they stand in the archive in their order. */
  static async of(folder: string, names: readonly string[]): Promise<FolderArchive> {
    const sizes = await Promise.all(names.map(async (name) => (await stat(path.join(folder, name))).size));
    return new FolderArchive(
      folder,
      names.map((name, index) => ({ name, size: sizes[index]! })),
    );
  }

  /** The size of the files, without what the archive adds. */
  get sizeBytes(): number {
    return this.#files.reduce((sum, { size }) => sum + size, 0);
  }

  /** The bytes; `onSent` is called with how many bytes of files are behind it. */
  async *bytes(onSent: (sentBytes: number) => void): AsyncGenerator<Uint8Array> {
    const packing = pack();
    const fill = async () => {
      for (const { name, size } of this.#files) {
        const entry = packing.entry({ name, size, mtime: new Date(0) });
        await pipeline(createReadStream(path.join(this.#folder, name)), entry);
      }
      packing.finalize();
    };
    fill().catch((error: Error) => packing.destroy(error));
    let sent = 0;
    for await (const piece of packing as AsyncIterable<Uint8Array>) {
      yield piece;
      sent += piece.byteLength;
      onSent(Math.min(sent, this.sizeBytes));
    }
  }
}
