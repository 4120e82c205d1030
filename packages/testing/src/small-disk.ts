import { execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { temporaryFolder } from './temporary-folder.js';

/** Why this machine lets no file system be mounted here, `undefined` when it does. */
export function whyNoSmallDisk(): string | undefined {
  if (process.platform !== 'linux') return 'a file system of its own is mounted on Linux only';
  const folder = temporaryFolder();
  const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'mediclip-test', folder], {
    encoding: 'utf8',
  });
  if (status !== 0) return `nothing can be mounted: ${stderr?.trim() || '`mount` fails'}`;
  execFileSync('umount', [folder]);
  return undefined;
}

/** A file system of a test's own that can be full and can be read-only, which keeps even root from writing. */
export class SmallDisk {
  readonly folder = path.join(temporaryFolder(), 'disk');
  #filling: NodeJS.Timeout | undefined;

  /** `inodes`: how many files and folders it has room for; by default more than fit. */
  readonly #inodes: number | undefined;

  constructor(megabytes: number, inodes?: number) {
    this.#inodes = inodes;
    mkdirSync(this.folder);
    const options = `size=${megabytes}m${inodes === undefined ? '' : `,nr_inodes=${inodes}`}`;
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'mediclip-test', this.folder]);
    mkdirSync(this.#filler);
  }

  /** Takes every free block and inode, also those that others let go of, until `free`. */
  fill(): void {
    const block = Buffer.alloc(4096);
    const untilFull = (step: () => void) => {
      try {
        for (;;) step();
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      }
    };
    let files = 0;
    const take = () => {
      untilFull(() => appendFileSync(path.join(this.#filler, 'blocks'), block));
      if (this.#inodes !== undefined) untilFull(() => appendFileSync(path.join(this.#filler, `${files++}`), ''));
    };
    take();
    clearInterval(this.#filling);
    this.#filling = setInterval(take, 10);
  }

  /** Takes every free inode but no block, until `free`. */
  fillInodes(): void {
    let files = 0;
    const take = () => {
      try {
        for (;;) appendFileSync(path.join(this.#filler, `${files++}`), '');
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      }
    };
    take();
    this.#filling = setInterval(take, 10);
  }

  free(): void {
    clearInterval(this.#filling);
    rmSync(this.#filler, { recursive: true });
    mkdirSync(this.#filler);
  }

  /** As soon as no file on it is open for writing: as long as one is, the system refuses. */
  async setWritable(writable: boolean): Promise<void> {
    const options = `remount,${writable ? 'rw' : 'ro'}`;
    for (;;) {
      const { status, stderr } = spawnSync('mount', ['-o', options, this.folder], { encoding: 'utf8' });
      if (status === 0) return;
      if (!stderr.includes('busy')) throw new Error(stderr);
      await pause(20);
    }
  }

  /** What is gone of the machine when this returns. */
  unmount(): void {
    execFileSync('umount', ['--lazy', this.folder]);
  }

  get #filler(): string {
    return path.join(this.folder, 'filler');
  }
}
