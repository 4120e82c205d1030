import { InvalidKey } from './errors.js';

/**
 * Keys are '/'-separated names of lower-case ASCII letters, digits, '.', '_' and '-', none beginning with '.' or '-'.
 * So no key can leave the store's folder, collide with its private folder, or meet another key on a file system that
 * ignores case.
 */
const safeName = /^[a-z0-9_][a-z0-9._-]{0,127}$/;
const longestKey = 700;

/** Whether one name may stand between two slashes. */
export function isSafeName(name: string): boolean {
  return safeName.test(name);
}

/** Throws `InvalidKey` unless `key` follows the grammar. */
export function assertKey(key: string): void {
  if (key.length > longestKey || !key.split('/').every(isSafeName)) {
    throw new InvalidKey(
      `The key ${JSON.stringify(key.slice(0, 100))} is not allowed: use names of a-z, 0-9, '.', '_' and '-', separated by '/'.`,
    );
  }
}

/** Throws `InvalidKey` unless `prefix` is empty or the beginning of some key. */
export function assertPrefix(prefix: string): void {
  if (prefix === '' || prefix.endsWith('/')) {
    if (prefix !== '') assertKey(prefix.slice(0, -1));
    return;
  }
  assertKey(prefix);
}

/** Throws `InvalidKey` unless `folder` is the beginning of some key up to and including a slash. */
export function assertFolder(folder: string): void {
  if (!folder.endsWith('/'))
    throw new InvalidKey(`The folder ${JSON.stringify(folder.slice(0, 100))} must end with '/'.`);
  assertKey(folder.slice(0, -1));
}
