/**
 * The engine process: what `Engine` forks. It owns ONNX Runtime, so its event loop may block; it ends when its parent
 * goes away. Signals that a terminal or a service manager sends to the whole group are the parent's business.
 */

import { giveWay, letHeapGrow } from '@mediclip/threads';
import type { EngineMessage, EngineProcessSettings, StartMessage, WorkMessage } from '../protocol.js';
import type { ComputeModule } from './compute.js';
import { EngineLoop, faultOf } from './engine-loop.js';

/** A message that cannot be sent any more has lost its parent, and this process its purpose. */
const send = (message: EngineMessage, sent: () => void = () => {}): void => {
  process.send?.(message, (error: Error | null) => (error ? process.exit(0) : sent()));
};

letHeapGrow();
process.on('disconnect', () => process.exit(0));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});

process.once('message', ({ settings }: StartMessage) => start(settings));

async function start({
  computeModule,
  synthesisThreads,
  niceness,
  beatIntervalMs,
  ...settings
}: EngineProcessSettings) {
  giveWay(niceness);
  let loop: EngineLoop | undefined;
  const gauges = { waitingScores: 0, waitingAdaptations: 0, adaptationOpen: false };
  setInterval(() => {
    const rssBytes = process.memoryUsage.rss();
    send(loop?.beat ?? { type: 'beat', busy: true, operations: 0, rssBytes, gauges });
  }, beatIntervalMs);

  const { createCompute } = (await import(computeModule)) as ComputeModule;
  const outcome = await createCompute(settings, (halved) => send({ type: 'batchHalved', ...halved })).catch(
    (error: Error) => ({ refused: faultOf(error) }),
  );
  if ('refused' in outcome) return end({ type: 'refused', fault: outcome.refused });

  loop = new EngineLoop({ compute: outcome, synthesisThreads, send });
  process.on('message', (message: WorkMessage) => loop?.receive(message));
  send({ type: 'ready', provider: outcome.provider, passedOver: outcome.passedOver });
  await loop.run();
  end({ type: 'drained' });
}

/** Ends the process once this last message is on its way. */
function end(lastMessage: EngineMessage): void {
  send(lastMessage, () => process.exit(0));
}
