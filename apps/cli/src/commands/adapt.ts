import { createOutput } from '../terminal/output.js';
import type { AdaptFlags, Workplace } from '../workplace/workplace.js';

/** `mediclip adapt FOLDER`: adapts a detector to the normal images of a folder. */
export async function adapt(place: Workplace, folder: string, flags: AdaptFlags, signal: AbortSignal): Promise<void> {
  const output = createOutput(flags.json);
  const startedAt = performance.now();
  const made = await place.adapt(folder, flags, { output, signal });
  const seconds = Math.round((performance.now() - startedAt) / 100) / 10;
  output.event({ event: 'adapted', model: made.model, seconds });
  output.line(`The detector is in ${made.place} (${seconds} s). Try: mediclip score ${made.called} IMAGE`);
}
