import type { Session } from '@mediclip/contracts';
import { signal } from '@preact/signals';
import { get, onRefused, remove, send } from '../api/http.js';
import { followJobs, forgetJobs } from './jobs.js';

/** `undefined` until the server has said it. */
export const session = signal<Session | undefined>(undefined);

/** Whether a session ended that nobody ended here. */
export const hasEnded = signal(false);

export async function readSession(): Promise<void> {
  take(await get<Session>('/session'));
}

export async function signIn(key: string): Promise<void> {
  take(await send<Session>('POST', '/session', { key }));
}

export async function signOut(): Promise<void> {
  await remove('/session');
  await readSession();
  hasEnded.value = false;
}

const readAgain = (): void => void readSession().catch(() => undefined);

onRefused(() => {
  if (session.value?.signedIn) readAgain();
});

function take(now: Session): void {
  hasEnded.value = !now.signedIn && (hasEnded.value || session.value?.signedIn === true);
  session.value = now;
  if (now.signedIn) followJobs(readAgain);
  else forgetJobs();
}
