import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { apiKeysFileSchema } from '@mediclip/contracts';

/** How often the file is read at most; so a change goes unnoticed for less than two seconds. */
const checkEveryMs = 900;

/** An API keys file that cannot be used. */
export class ApiKeysError extends Error {
  override readonly name = 'ApiKeysError';
}

/**
 * The keys of a file, which holds SHA-256 digests only. A change of the file (a new key, a withdrawn one) counts within
 * two seconds; a file that has become unreadable leaves the keys before it in force and is reported to `onError`.
 */
export class ApiKeys {
  #owners: ReadonlyMap<string, KeyOwner>;
  /** The text of the file as it was last read: its time stamp may be set back. */
  #text: string;
  #checkedAtMs: number;
  readonly #watchers = new Set<() => void>();
  #watching: NodeJS.Timeout | undefined;

  readonly #path: string;
  readonly #onError: (error: ApiKeysError) => void;
  readonly #now: () => number;

  private constructor(path: string, text: string, onError: (error: ApiKeysError) => void, now: () => number) {
    this.#path = path;
    this.#onError = onError;
    this.#now = now;
    this.#text = text;
    this.#owners = parseKeys(path, text);
    this.#checkedAtMs = now();
  }

  /** Rejects with an `ApiKeysError`. */
  static async open(
    path: string,
    { onError, now = Date.now }: { onError: (error: ApiKeysError) => void; now?: () => number },
  ): Promise<ApiKeys> {
    return new ApiKeys(path, await readText(path), onError, now);
  }

  /**
   * Calls `listener` when the key with this id no longer belongs to whom it belongs now, within two seconds of the
   * change. Returns a function that ends that; as long as nobody listens the file is looked at with requests only.
   */
  whenWithdrawn(keyId: string, listener: () => void): () => void {
    const known = this.#find(keyId);
    const check = () => {
      const now = this.#find(keyId);
      if (now?.digest !== known?.digest || now?.tenant !== known?.tenant) listener();
    };
    this.#watchers.add(check);
    this.#watching ??= setInterval(() => void this.#reload(), checkEveryMs).unref();
    return () => {
      this.#watchers.delete(check);
      if (this.#watchers.size > 0) return;
      clearInterval(this.#watching);
      this.#watching = undefined;
    };
  }

  /** Whom `key` belongs to, `undefined` for a key that is not known. */
  async ownerOf(key: string): Promise<KeyOwner | undefined> {
    await this.#reload();
    return this.#owners.get(digestOf(key));
  }

  /** The key with this id, `undefined` for one that is not known or was withdrawn. */
  async byId(keyId: string): Promise<KeyById | undefined> {
    await this.#reload();
    return this.#find(keyId);
  }

  #find(keyId: string): KeyById | undefined {
    for (const [digest, owner] of this.#owners) if (owner.keyId === keyId) return { ...owner, digest };
    return undefined;
  }

  async #reload(): Promise<void> {
    if (this.#now() - this.#checkedAtMs < checkEveryMs) return;
    this.#checkedAtMs = this.#now();
    try {
      const text = await readText(this.#path);
      if (text === this.#text) return;
      this.#owners = parseKeys(this.#path, text);
      this.#text = text;
      for (const check of [...this.#watchers]) check();
    } catch (error) {
      this.#onError(error instanceof ApiKeysError ? error : unreadable(this.#path, error));
    }
  }
}

const digestOf = (key: string) => createHash('sha256').update(key).digest('hex');

/** Whom a key belongs to. */
export interface KeyOwner {
  readonly tenant: string;
  readonly keyId: string;
}

/** A key that is known by its id: whom it belongs to, and its SHA-256. */
export interface KeyById extends KeyOwner {
  readonly digest: string;
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw unreadable(path, error);
  }
}

function parseKeys(path: string, text: string): ReadonlyMap<string, KeyOwner> {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch (error) {
    throw unreadable(path, error);
  }
  const file = apiKeysFileSchema.safeParse(found);
  if (!file.success) {
    const issue = file.error.issues[0]!;
    throw new ApiKeysError(
      `The API keys file ${path} is not valid (${issue.path.join('.')}: ${issue.message}): make keys with \`mediclip keys create\`.`,
    );
  }
  return new Map(file.data.keys.map(({ sha256, tenant, id }) => [sha256, { tenant, keyId: id }]));
}

function unreadable(path: string, cause: unknown): ApiKeysError {
  return new ApiKeysError(
    `The API keys file ${path} cannot be read: make it with \`mediclip keys create\`, or name another file.`,
    { cause },
  );
}
