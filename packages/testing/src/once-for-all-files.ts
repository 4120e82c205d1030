interface Outside {
  readonly require: NodeJS.Require;
  readonly made: Map<string, unknown>;
}

/**
 * What `make` returns, made once for all test files that a worker of jest runs one after another: for what takes long
 * to make and is the same for all of them. It outlives the realm of the file that made it, so `make` builds it of
 * packages that `require` loads outside of every test file, and of copies (`structuredClone`) of what the file has.
 */
export function onceForAllFiles<T>(key: string, make: (require: NodeJS.Require) => T): T {
  const { made, require } = (globalThis as unknown as { outsideOfTestFiles: Outside }).outsideOfTestFiles;
  if (!made.has(key)) made.set(key, make(require));
  return made.get(key) as T;
}
