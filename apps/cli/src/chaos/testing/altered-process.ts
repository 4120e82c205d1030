/**
 * `mediclip serve` or `mediclip worker` with an engine that can be made sick (sick-compute.ts), and with locks of
 * `TEST_LOCK_MS` milliseconds where that is set. Argument: which of both.
 */
import { type Role, runService } from '../../service/run-service.js';

const stop = new AbortController();
// The engine does not get the variables of its parent, so that its module is told the folder.
const computeModule = new URL('./sick-compute.js', import.meta.url);
computeModule.searchParams.set('folder', process.env.MEDICLIP_DATA_DIR!);
const lockMs = process.env.TEST_LOCK_MS;
process.once('SIGTERM', () => stop.abort());
try {
  await runService(process.argv[2] as Role, stop.signal, {
    computeModule,
    ...(lockMs !== undefined && { lockMs: Number(lockMs) }),
  });
  process.exit(0);
} catch (error) {
  process.stderr.write(`mediclip: ${(error as Error).message}\n`);
  process.exit(1);
}
