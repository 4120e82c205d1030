/**
 * A process with a folder of its own, for tests that kill it: `node folder-process.js <parent> <purpose>`. It prints
 * the folder.
 */
import { ProcessFolder } from '../process-folder.js';

const [parent, purpose] = process.argv.slice(2);
const { path } = await ProcessFolder.make(parent!, purpose!);
process.stdout.write(`${path}\n`);
setInterval(() => undefined, 60_000);
