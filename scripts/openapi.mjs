/**
 * Writes `openapi.yaml` from the contracts (built before). With `--check` it writes nothing and fails when the file
 * is not what the contracts say.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { openApiYaml } from '@mediclip/contracts';

const file = new URL('../openapi.yaml', import.meta.url);
const text = openApiYaml();

if (process.argv.includes('--check')) {
  if (readFileSync(file, 'utf8') !== text) {
    process.stderr.write('openapi.yaml is not what packages/contracts says: run `node scripts/openapi.mjs`.\n');
    process.exitCode = 1;
  }
} else {
  writeFileSync(file, text);
}
