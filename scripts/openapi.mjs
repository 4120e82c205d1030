/**
 * Writes `openapi.yaml` from the contracts (built before). With `--check` it writes nothing and fails when the file
 * is not what the contracts say.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { openApiDocument } from '@mediclip/contracts';
import { stringify } from 'yaml';

const file = new URL('../openapi.yaml', import.meta.url);
const note = '# Made from packages/contracts by `node scripts/openapi.mjs`; change the schemas there.\n';
const text = note + stringify(openApiDocument(), { aliasDuplicateObjects: false, lineWidth: 120 });

if (process.argv.includes('--check')) {
  if (readFileSync(file, 'utf8') !== text) {
    process.stderr.write('openapi.yaml is not what packages/contracts says: run `node scripts/openapi.mjs`.\n');
    process.exitCode = 1;
  }
} else {
  writeFileSync(file, text);
}
