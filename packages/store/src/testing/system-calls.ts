import { createHook } from 'node:async_hooks';

/** How many requests to the file system `work` makes. Nothing else may run in the process meanwhile. */
export async function systemCallsOf(work: () => Promise<unknown>): Promise<number> {
  let calls = 0;
  const hook = createHook({
    init(_id, type) {
      if (type.startsWith('FSREQ') || type === 'FILEHANDLECLOSEREQ') calls++;
    },
  }).enable();
  try {
    await work();
    return calls;
  } finally {
    hook.disable();
  }
}
