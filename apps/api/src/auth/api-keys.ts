import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { apiKeysFileSchema } from '@mediclip/contracts';

/** How long a change of the file may go unnoticed. */
const checkEveryMs = 2000;

/** An API keys file that cannot be used. */
export class ApiKeysError extends Error {
  override readonly name = 'ApiKeysError';
}

/**
 * The keys of a file, which holds SHA-256 digests only. A change of the file (a new key, a withdrawn one) counts two seconds
 * later; a file that has become unreadable leaves the keys before it in force and is reported to `onError`.
 */
export class ApiKeys {
  #owners: ReadonlyMap<string, KeyOwner>;
  #modifiedMs: number;
  #checkedAtMs: number;

  private constructor(
    private readonly path: string,
    read: ReadKeys,
    private readonly onError: (error: ApiKeysError) => void,
    private readonly now: () => number,
  ) {
    this.#owners = read.owners;
    this.#modifiedMs = read.modifiedMs;
    this.#checkedAtMs = now();
  }

  /** Rejects with an `ApiKeysError`. */
  static async open(
    path: string,
    { onError, now = Date.now }: { onError: (error: ApiKeysError) => void; now?: () => number },
  ): Promise<ApiKeys> {
    return new ApiKeys(path, await readKeys(path), onError, now);
  }

  /** Whom `key` belongs to, `undefined` for a key that is not known. */
  async ownerOf(key: string): Promise<KeyOwner | undefined> {
    await this.#reload();
    return this.#owners.get(createHash('sha256').update(key).digest('hex'));
  }

  async #reload(): Promise<void> {
    if (this.now() - this.#checkedAtMs < checkEveryMs) return;
    this.#checkedAtMs = this.now();
    try {
      if ((await stat(this.path)).mtimeMs === this.#modifiedMs) return;
      const read = await readKeys(this.path);
      this.#owners = read.owners;
      this.#modifiedMs = read.modifiedMs;
    } catch (error) {
      this.onError(error instanceof ApiKeysError ? error : unreadable(this.path, error));
    }
  }
}

/** Whom a key belongs to. */
export interface KeyOwner {
  readonly tenant: string;
  readonly keyId: string;
}

interface ReadKeys {
  readonly owners: ReadonlyMap<string, KeyOwner>;
  readonly modifiedMs: number;
}

async function readKeys(path: string): Promise<ReadKeys> {
  let found: unknown;
  let modifiedMs: number;
  try {
    modifiedMs = (await stat(path)).mtimeMs;
    found = JSON.parse(await readFile(path, 'utf8'));
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
  return {
    owners: new Map(file.data.keys.map(({ sha256, tenant, id }) => [sha256, { tenant, keyId: id }])),
    modifiedMs,
  };
}

function unreadable(path: string, cause: unknown): ApiKeysError {
  return new ApiKeysError(
    `The API keys file ${path} cannot be read: make it with \`mediclip keys create\`, or name another file.`,
    { cause },
  );
}
