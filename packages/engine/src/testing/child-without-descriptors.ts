/**
 * Opens files until the system lets this process open no more, starts an engine process, and says on standard output
 * why that has ended.
 */
import { closeSync, openSync } from 'node:fs';
import { EngineChild } from '../parent/engine-child.js';

const open: number[] = [];
try {
  for (;;) open.push(openSync('/dev/null', 'r'));
} catch {
  // Now it is as it should be.
}
new EngineChild({
  settings: {
    computeModule: '',
    device: 'cpu',
    precision: 'float32',
    fusedAttention: false,
    featureCacheBytes: 0,
    threads: 1,
    synthesisThreads: 1,
    niceness: 0,
    beatIntervalMs: 500,
  },
  hangTimeoutMs: 120_000,
  onMessage: () => undefined,
  onEnd: ({ description }) => {
    for (const descriptor of open) closeSync(descriptor);
    process.stdout.write(description, () => process.exit(0));
  },
});
