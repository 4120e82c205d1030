import type { Session } from '@mediclip/contracts';
import { signal } from '@preact/signals';
import { get, remove, send } from '../api/http.js';
import { followJobs, stopFollowing } from './jobs.js';

/** `undefined` until the server has said it. */
export const session = signal<Session | undefined>(undefined);

export async function readSession(): Promise<void> {
  take(await get<Session>('/session'));
}

export async function signIn(key: string): Promise<void> {
  take(await send<Session>('POST', '/session', { key }));
}

export async function signOut(): Promise<void> {
  await remove('/session');
  await readSession();
}

function take(now: Session): void {
  session.value = now;
  if (now.signedIn) followJobs(() => void readSession().catch(() => undefined));
  else stopFollowing();
}
