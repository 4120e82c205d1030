/**
 * A parent to be killed: starts an engine with the fake, says so on standard output, and exits when told to on standard
 * input.
 */
import { Engine } from '../parent/engine.js';

await Engine.start({ device: 'cpu', threads: 1, computeModule: new URL('./fake-compute.js', import.meta.url) });
process.stdout.write('ready\n');
process.stdin.once('data', () => process.exit(0));
