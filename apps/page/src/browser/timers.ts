/** Stands in for `node:timers/promises` in the browser: lets other work run. */
export const setImmediate = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));
