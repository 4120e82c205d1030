import type { Job } from '@mediclip/contracts';
import { createParser } from 'eventsource-parser';
import { inOneTab, tabsCanAgree, whileVisible } from '../browser/one-tab.js';

/** What a tab hears of the server's jobs. */
export interface JobFeedListener {
  readonly onJob: (job: Job) => void;
  /** When the server is heard, and when it is not. */
  readonly onHeard: (isHeard: boolean) => void;
  /** When a stream that this tab read broke or was refused, which may be the end of the session. */
  readonly onLost: () => void;
  /** Jobs that have not ended, as this tab knows them, for one that has just been opened. */
  readonly known: () => readonly Job[];
}

/** What tabs tell each other. The tab that reads the stream says what it hears; a new one asks what is known. */
type Message =
  | { readonly kind: 'job'; readonly job: Job; readonly eventId: string | undefined }
  | { readonly kind: 'heard'; readonly isHeard: boolean }
  | { readonly kind: 'asked' };

const retryMs = 2000;
const lookEveryMs = 5000;
/**
 * The server says something every 10 s; a tab that passes nothing on for longer is asleep, and another one has taken
 * over half a minute later at most.
 */
const silenceMs = 25_000;

/**
 * Follows all jobs that `owner` may see until `ended` aborts. The tabs of a browser share one stream, because a browser
 * opens six connections to a host at most: one tab reads it and tells the others. Where tabs cannot agree, each reads
 * its own while it is looked at.
 */
export function followFeed(owner: string, listener: JobFeedListener, ended: AbortSignal): void {
  let lastEventId: string | undefined;
  let heardAt = performance.now();
  let reading: AbortSignal | undefined;
  let isHeard = true;
  const name = `mediclip-jobs-${owner}`;
  const channel = tabsCanAgree ? new BroadcastChannel(name) : undefined;

  const hear = (message: Message) => {
    heardAt = performance.now();
    if (message.kind === 'job') {
      lastEventId = message.eventId ?? lastEventId;
      listener.onJob(message.job);
    } else if (message.kind === 'heard') {
      isHeard = message.isHeard;
      listener.onHeard(message.isHeard);
    } else if (reading !== undefined) {
      for (const job of listener.known()) channel?.postMessage({ kind: 'job', job, eventId: lastEventId });
      channel?.postMessage({ kind: 'heard', isHeard });
    }
  };
  const tell = (message: Message) => {
    hear(message);
    channel?.postMessage(message);
  };
  const read = async (stopped: AbortSignal): Promise<void> => {
    reading = stopped;
    while (!stopped.aborted) {
      await readStream(lastEventId, tell, stopped).catch(() => undefined);
      if (stopped.aborted) break;
      tell({ kind: 'heard', isHeard: false });
      listener.onLost();
      await new Promise((resolve) => setTimeout(resolve, retryMs));
    }
    if (reading === stopped) reading = undefined;
  };

  if (channel === undefined) {
    whileVisible(read, ended);
    return;
  }
  channel.onmessage = ({ data }: MessageEvent<Message>) => hear(data);
  channel.postMessage({ kind: 'asked' });
  const { takeOver } = inOneTab(name, read, ended);
  const watch = setInterval(() => {
    const isSilent = performance.now() - heardAt > silenceMs;
    if (reading === undefined && isSilent && document.visibilityState === 'visible') takeOver();
  }, lookEveryMs);
  ended.addEventListener('abort', () => {
    clearInterval(watch);
    channel.close();
  });
}

/** Reads the stream of events once, from after `lastEventId` to its end. Throws when it breaks or is refused. */
async function readStream(
  lastEventId: string | undefined,
  tell: (message: Message) => void,
  stopped: AbortSignal,
): Promise<void> {
  // An EventSource cannot be told where another one has stopped.
  const headers = { accept: 'text/event-stream', ...(lastEventId !== undefined && { 'last-event-id': lastEventId }) };
  const answer = await fetch('/v1/jobs/events', { headers, cache: 'no-store', signal: stopped });
  if (!answer.ok || answer.body === null) throw new TypeError(`The stream was refused with ${answer.status}.`);
  const hear = () => tell({ kind: 'heard', isHeard: true });
  hear();
  const parser = createParser({
    onEvent: ({ data, id }) => tell({ kind: 'job', job: JSON.parse(data) as Job, eventId: id }),
    onComment: hear,
  });
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    parser.feed(value);
  }
}
