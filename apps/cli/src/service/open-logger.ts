import { type Logger, pino } from 'pino';

/** Lines that wait for their file to take them; beyond so many bytes new ones are dropped. */
const mostWaitingBytes = 4 * 1024 * 1024;

/**
 * A logger of JSON lines to a file descriptor, by default standard output. One that takes none (a file on a full disk)
 * costs lines and no request: they wait for the next try, as far as there is room for them.
 */
export function openLogger(level: string, fd: number = process.stdout.fd): Logger {
  const destination = pino.destination({ fd, sync: true, maxLength: mostWaitingBytes });
  destination.on('error', () => undefined);
  return pino({ level }, destination);
}
