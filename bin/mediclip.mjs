#!/usr/bin/env node
/**
 * The `mediclip` command. In a clone it first installs and builds what is missing; an installation has no sources to
 * build.
 */
import { existsSync } from 'node:fs';
import { bootstrap } from '../scripts/bootstrap.mjs';

try {
  if (existsSync(new URL('../tsconfig.json', import.meta.url))) bootstrap();
} catch (error) {
  process.stderr.write(`mediclip: ${error.message}\n`);
  process.exit(1);
}
const { main } = await import('../apps/cli/dist/index.js');
// A start that failed halfway leaves connections and processes open, which must not keep the command alive.
process.exit(await main(process.argv));
