import { EventEmitter } from 'node:events';
import { Redis } from 'ioredis';
import { waitingForRedis } from './connection.js';

/** The channels that a process listens to, on one connection, which is opened for the first of them. */
export class Subscriber {
  readonly #url: string;
  readonly #messages = new EventEmitter().setMaxListeners(0);
  #connection: Redis | undefined;
  #closed = false;

  constructor(url: string) {
    this.#url = url;
  }

  /**
   * Calls `listener` with every message of `channel`. Resolves once Redis sends them, which waits for a Redis that is
   * away; one that goes away later is subscribed to again.
   */
  async listen(channel: string, listener: (message: string) => void): Promise<void> {
    this.#messages.on(channel, listener);
    if (this.#closed) return;
    this.#connection ??= this.#open();
    await this.#connection.subscribe(channel);
  }

  close(): void {
    this.#closed = true;
    this.#messages.removeAllListeners();
    this.#connection?.disconnect();
  }

  #open(): Redis {
    const connection = new Redis(this.#url, waitingForRedis);
    // The queue's own connection reports that Redis is away; this one only comes back.
    connection.on('error', () => undefined);
    connection.on('message', (channel, message) => this.#messages.emit(channel, message));
    return connection;
  }
}
