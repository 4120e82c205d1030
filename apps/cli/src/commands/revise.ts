import { createOutput } from '../terminal/output.js';
import type { ReviseFlags, Workplace } from '../workplace/workplace.js';

/** `mediclip revise MODEL FOLDER`: makes a new detector of one and more normal images; MODEL stays as it is. */
export async function revise(
  place: Workplace,
  model: string,
  folder: string,
  flags: ReviseFlags,
  signal: AbortSignal,
): Promise<void> {
  const output = createOutput(flags.json);
  const startedAt = performance.now();
  const made = await place.revise(model, folder, flags, { output, signal });
  const seconds = Math.round((performance.now() - startedAt) / 100) / 10;
  output.event({ event: 'revised', model: made.model, added: made.added, seconds });
  output.line(`The revised detector is in ${made.place} (${seconds} s). ${model} is as it was.`);
}
