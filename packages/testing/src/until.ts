import { setTimeout as pause } from 'node:timers/promises';

/**
 * What `look` finds, soon after there is something; the test's own time limit ends the wait. A look that takes long is
 * taken less often, to leave the time to what is waited for.
 */
export async function until<T>(look: () => Promise<T | undefined> | T | undefined): Promise<T> {
  for (;;) {
    const begin = performance.now();
    const found = await look();
    if (found !== undefined) return found;
    await pause(Math.max(5, 3 * (performance.now() - begin)));
  }
}
