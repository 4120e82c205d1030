import { onServer } from '../../server/server.js';
import { createOutput, type Output } from '../../terminal/output.js';

export interface JsonFlags {
  readonly json: boolean;
}

/** Tells of every item of a server's list, as its pages come. */
export async function tellEach<T>(
  items: AsyncIterable<T>,
  tell: (output: Output, item: T) => void,
  { json }: JsonFlags,
): Promise<void> {
  const output = createOutput(json);
  const tellAll = async () => {
    for await (const item of items) tell(output, item);
  };
  await onServer(tellAll());
}
