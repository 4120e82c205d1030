import { OutOfMemoryError } from './runtime.js';

const memoryRanOut =
  /bad_alloc|bad allocation|failed to allocate memory|out of memory|alloc(?:ation)?_failed|array buffer allocation failed/i;

/**
 * An error that says that memory ran out, as ONNX Runtime, CUDA with its libraries, and V8 say it, as an
 * OutOfMemoryError; others as they are.
 */
export function toOutOfMemoryError(error: unknown): unknown {
  const message = String((error as Partial<Error> | undefined)?.message ?? '');
  if (error instanceof OutOfMemoryError || !memoryRanOut.test(message)) return error;
  const [firstLine] = message.split('\n', 1);
  return new OutOfMemoryError(
    `Memory ran out (${firstLine}); take a smaller batchSize or backbone, or a device with more memory.`,
    { cause: error },
  );
}
