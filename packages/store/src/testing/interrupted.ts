import type { ObjectStore } from '../object-store.js';

const writes = new Set<PropertyKey>(['put', 'delete', 'deleteFolder']);

/** What an interrupted store fails with. */
export class Interrupted extends Error {}

/**
 * The store as a process sees it that dies before its write number `allowed` + 1, from 0: that write and all later
 * calls fail, and none of them changes anything. A folder goes object by object.
 */
export function interruptedAfter(allowed: number, objects: ObjectStore): ObjectStore {
  let left = allowed;
  const spend = () => {
    if (left-- <= 0) throw new Interrupted();
  };
  return new Proxy(objects, {
    get(target, name) {
      const method = Reflect.get(target, name);
      if (typeof method !== 'function') return method;
      if (name === 'deleteFolder') {
        return async (folder: string) => {
          for await (const key of target.keys(folder)) {
            spend();
            await target.delete(key);
          }
        };
      }
      return (...given: unknown[]) => {
        if (left < 0) throw new Interrupted();
        if (writes.has(name)) spend();
        return method.apply(target, given);
      };
    },
  });
}
