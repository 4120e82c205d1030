#!/usr/bin/env node
/** The `mediclip` command: installs and builds what is missing, then runs `apps/cli`. */
import { bootstrap } from '../scripts/bootstrap.mjs';

try {
  bootstrap();
} catch (error) {
  process.stderr.write(`mediclip: ${error.message}\n`);
  process.exit(1);
}
const { main } = await import('../apps/cli/dist/index.js');
process.exitCode = await main(process.argv);
