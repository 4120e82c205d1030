import type { Session } from '@mediclip/contracts';
import { signal } from '@preact/signals';
import { get, onRefused, remove, send } from '../api/http.js';
import { followJobs, forgetJobs, isConnected, stopFollowingJobs } from './jobs.js';

/** `undefined` until the server has said it. */
export const session = signal<Session | undefined>(undefined);

/** Whether a session ended that nobody ended in this browser. */
export const hasEnded = signal(false);

const retryMs = 2000;

/** Who is signed in is the same in all tabs: a tab that learns of a change tells the others why. */
type Change = 'signed in' | 'signed out' | 'ended';
const channel = 'BroadcastChannel' in globalThis ? new BroadcastChannel('mediclip-session') : undefined;

async function readSession(): Promise<void> {
  const wasSignedIn = session.value?.signedIn === true;
  take(await get<Session>('/session'));
  if (wasSignedIn && !session.value?.signedIn) tell('ended');
}

export async function signIn(key: string): Promise<void> {
  take(await send<Session>('POST', '/session', { key }));
  tell('signed in');
}

export async function signOut(): Promise<void> {
  await remove('/session');
  tell('signed out');
  take(await get<Session>('/session'));
  hasEnded.value = false;
}

/**
 * Reads the session as soon as the server can be reached, and again after another tab has told of a change. A page that
 * is left may be kept for the way back, as it is: it must not stay the one that hears of the jobs for all tabs.
 */
export function followSession(): void {
  const begin = () =>
    readSession().catch(() => {
      isConnected.value = false;
      setTimeout(begin, retryMs);
    });
  void begin();
  addEventListener('pagehide', stopFollowingJobs);
  addEventListener('pageshow', ({ persisted }) => persisted && readAgain());
  if (channel === undefined) return;
  channel.onmessage = ({ data }: MessageEvent<Change>) => {
    get<Session>('/session').then((now) => {
      take(now);
      if (data === 'signed out') hasEnded.value = false;
    }, ignore);
  };
}

const ignore = (): void => undefined;
const readAgain = (): void => void readSession().catch(ignore);
const tell = (change: Change): void => channel?.postMessage(change);

onRefused(() => {
  if (session.value?.signedIn) readAgain();
});

function take(now: Session): void {
  const before = session.value;
  hasEnded.value = !now.signedIn && (hasEnded.value || before?.signedIn === true);
  if (!now.signedIn || before?.keyId !== now.keyId) forgetJobs();
  session.value = now;
  if (before === undefined) isConnected.value = true;
  if (now.signedIn) followJobs(now.keyId ?? 'anybody', readAgain);
}
