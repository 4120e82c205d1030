/** Work that one tab of the browser does for all. */
export interface TabWork {
  /** Takes the work over from a tab that has fallen asleep. */
  readonly takeOver: () => void;
}

/** Whether tabs can agree on one of them: an address without TLS, other than this machine's, has no locks. */
export const tabsCanAgree = 'locks' in navigator && 'BroadcastChannel' in globalThis;

/**
 * Does `work` in one tab of this browser at a time, until `ended` aborts; when that tab is closed, in another one.
 * `work` gets a signal that aborts when it is to stop.
 */
export function inOneTab(name: string, work: (stopped: AbortSignal) => Promise<void>, ended: AbortSignal): TabWork {
  let turn = new AbortController();
  const wait = async (how: 'in turn' | 'at once'): Promise<void> => {
    const mine = new AbortController();
    turn = mine;
    const options = how === 'at once' ? { steal: true } : { signal: mine.signal };
    // Rejects when another tab takes the work over, and when nobody waits any longer.
    await navigator.locks.request(name, options, () => work(mine.signal)).catch(() => undefined);
    mine.abort();
    if (turn === mine && !ended.aborted) await wait('in turn');
  };
  ended.addEventListener('abort', () => turn.abort());
  void wait('in turn');
  return {
    takeOver: () => {
      turn.abort();
      void wait('at once');
    },
  };
}

/** Does `work` whenever this tab is the one that is looked at, until `ended` aborts. */
export function whileVisible(work: (stopped: AbortSignal) => Promise<void>, ended: AbortSignal): void {
  let mine: AbortController | undefined;
  const look = () => {
    mine?.abort();
    mine = new AbortController();
    if (document.visibilityState === 'visible') void work(mine.signal);
  };
  document.addEventListener('visibilitychange', look, { signal: ended });
  ended.addEventListener('abort', () => mine?.abort());
  look();
}
