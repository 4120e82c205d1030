/**
 * Resolves when everything that was written to the stream has been taken, or its reader has gone and the stream has
 * emitted that error. An exit before would lose what a pipe has not taken yet, which is all beyond 64 KiB where the
 * reader is slow.
 */
export async function written(stream: NodeJS.WriteStream): Promise<void> {
  if (stream.writableLength === 0 && !stream.errored) return;
  await new Promise<void>((resolve) => stream.write('', () => setImmediate(resolve)));
}
