import { ByteBudget } from '@mediclip/threads';

/**
 * What the server may have in memory of each kind at once, in bytes; images that are decoded are the imaging pool's own
 * matter.
 */
export interface MemoryLimits {
  /** Files of uploads on their way to the store. */
  readonly storingBytes: number;
  /** Files of scores that are not on the disk, until they are decoded. */
  readonly receivedBytes: number;
  /** Images that are ready to be scored, until their scores are there. */
  readonly scoringBytes: number;
  /** What previews and overlays are made of. */
  readonly drawingBytes: number;
  /** Exports, until they are sent. */
  readonly exportBytes: number;
  /** Tables of contents of archives that are being read. */
  readonly archiveBytes: number;
  /** JSON bodies, and what their values take, until they are answered. */
  readonly jsonBytes: number;
}

/** The budgets of a server. */
export type ServerMemory = {
  readonly [Kind in keyof MemoryLimits as Kind extends `${infer Name}Bytes` ? Name : never]: ByteBudget;
};

/** Requests that may wait for memory of one kind; more are turned away with 503. */
export const maximumWaiting = 256;

/** `longestWaitMs`: how long a request waits for its turn, until it is turned away with 503. */
export function serverMemory(limits: MemoryLimits, longestWaitMs: number): ServerMemory {
  const budget = (bytes: number) => new ByteBudget({ bytes, maximumWaiting, longestWaitMs });
  return {
    storing: budget(limits.storingBytes),
    received: budget(limits.receivedBytes),
    scoring: budget(limits.scoringBytes),
    drawing: budget(limits.drawingBytes),
    export: budget(limits.exportBytes),
    archive: budget(limits.archiveBytes),
    json: budget(limits.jsonBytes),
  };
}
