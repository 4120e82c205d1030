import { setTimeout as pause } from 'node:timers/promises';

/** What `look` finds, as soon as it finds something. */
export async function until<T>(look: () => Promise<T | undefined> | T | undefined): Promise<T> {
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    await pause(20);
  }
}
