import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { device } from './options.mjs';
import { runMeasured } from './process-tree.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Time and peak memory of a whole adaptation through the command line, all processes together. */
export async function memoryBench() {
  const folder = mkdtempSync(path.join(tmpdir(), 'mediclip-bench-'));
  const out = path.join(folder, 'model');
  const args = ['bin/mediclip.mjs', 'adapt', 'examples/brain-mri', '--out', out, '--device', device, '--json'];
  try {
    return await runMeasured(process.execPath, args, { cwd: root });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
