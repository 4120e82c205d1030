import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { ObjectStore } from '@mediclip/store';
import type { FastifyRequest } from 'fastify';
import type { ApiKeys, KeyOwner } from '../auth/api-keys.js';

const cookieName = 'mediclip_session';
const secretKey = 'session-secret';
const secretBytes = 32;
/** Id of a key, seconds since 1970, and an HMAC-SHA-256 in base64url. */
const cookieValue = /^([0-9a-f-]{36})\.(\d{1,12})\.([\w-]{43})$/;
/** How long a session lasts at most, seconds. */
const lifetimeSeconds = 7 * 24 * 3600;

export interface SessionsOptions {
  readonly keys: ApiKeys | undefined;
  /** Where the secret of the signatures lies, so that every API process on the store takes every other's cookies. */
  readonly objects: Pick<ObjectStore, 'get' | 'put'>;
  readonly now?: () => number;
}

/**
 * Sessions of browsers without any state of their own: a cookie names a key and when it was made, signed with a secret
 * of the store and the digest of the key. It ends after seven days, and with its key.
 */
export class Sessions {
  readonly #options: SessionsOptions;
  #secret: Promise<Uint8Array> | undefined;

  constructor(options: SessionsOptions) {
    this.#options = options;
  }

  /** The value of a cookie for the key with this id; `undefined` when there is no such key. */
  async make(keyId: string): Promise<string | undefined> {
    const key = await this.#options.keys?.byId(keyId);
    if (key === undefined) return undefined;
    const named = `${keyId}.${this.#seconds()}`;
    return `${named}.${await this.#signature(named, key.digest)}`;
  }

  /**
   * Whom a cookie's value stands for; `undefined` for one that is missing, forged or over, or whose key was withdrawn.
   */
  async ownerOf(cookie: string | undefined): Promise<KeyOwner | undefined> {
    const [, keyId, madeAt, signature] = cookieValue.exec(cookie ?? '') ?? [];
    if (keyId === undefined || madeAt === undefined || signature === undefined) return undefined;
    const age = this.#seconds() - Number(madeAt);
    const key = await this.#options.keys?.byId(keyId);
    if (key === undefined || age < -60 || age > lifetimeSeconds) return undefined;
    const expected = await this.#signature(`${keyId}.${madeAt}`, key.digest);
    if (!timingSafeEqual(Buffer.from(signature), Buffer.from(expected))) return undefined;
    return { tenant: key.tenant, keyId };
  }

  #seconds(): number {
    return Math.floor((this.#options.now ?? Date.now)() / 1000);
  }

  async #signature(named: string, digestOfKey: string): Promise<string> {
    this.#secret ??= this.#readSecret();
    this.#secret.catch(() => {
      this.#secret = undefined;
    });
    return createHmac('sha256', await this.#secret)
      .update(`${named} ${digestOfKey}`)
      .digest('base64url');
  }

  /** The secret of the store, made by whoever needs it first. */
  async #readSecret(): Promise<Uint8Array> {
    const { objects } = this.#options;
    const found = await objects.get(secretKey);
    if (found) return found.bytes;
    const made = randomBytes(secretBytes);
    try {
      await objects.put(secretKey, made, { ifAbsent: true });
      return made;
    } catch (error) {
      const first = await objects.get(secretKey);
      if (first) return first.bytes;
      throw error;
    }
  }
}

/** The session cookie of a request. */
export function cookieOf({ headers }: Pick<FastifyRequest, 'headers'>): string | undefined {
  for (const pair of headers.cookie?.split(';') ?? []) {
    const [name, value] = pair.trim().split('=', 2);
    if (name === cookieName) return value;
  }
  return undefined;
}

/**
 * The `Set-Cookie` header of a session; an empty value ends it. `Secure` where the browser speaks TLS, to us or to a
 * proxy.
 */
export function setCookie({ headers, protocol }: Pick<FastifyRequest, 'headers' | 'protocol'>, value: string): string {
  const isSecure = protocol === 'https' || headers['x-forwarded-proto'] === 'https';
  const lifetime = value === '' ? 0 : lifetimeSeconds;
  return `${cookieName}=${value}; Path=/; Max-Age=${lifetime}; HttpOnly; SameSite=Strict${isSecure ? '; Secure' : ''}`;
}
