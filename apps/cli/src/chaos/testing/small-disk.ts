import { execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { temporaryFolder } from '@mediclip/testing';
import { until } from '../../end-to-end/testing/until.js';

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
  private filling: NodeJS.Timeout | undefined;

  constructor(megabytes: number) {
    mkdirSync(this.folder);
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'mediclip-test', this.folder]);
  }

  /** Takes every free block, also those that others let go of, until `free`. */
  fill(): void {
    const block = Buffer.alloc(4096);
    const take = () => {
      try {
        for (;;) appendFileSync(this.filler, block);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      }
    };
    take();
    this.filling = setInterval(take, 10);
  }

  free(): void {
    clearInterval(this.filling);
    rmSync(this.filler);
  }

  /** As soon as no file on it is open for writing: as long as one is, the system refuses. */
  async setWritable(writable: boolean): Promise<void> {
    await until(() => {
      const { status, stderr } = spawnSync('mount', ['-o', `remount,${writable ? 'rw' : 'ro'}`, this.folder], {
        encoding: 'utf8',
      });
      if (status === 0) return true;
      if (!stderr.includes('busy')) throw new Error(stderr);
      return undefined;
    });
  }

  /** What is gone of the machine when this returns. */
  unmount(): void {
    execFileSync('umount', ['--lazy', this.folder]);
  }

  private get filler(): string {
    return path.join(this.folder, 'filler');
  }
}
