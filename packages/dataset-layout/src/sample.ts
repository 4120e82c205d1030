import type { Label } from '@mediclip/contracts';
import { z } from 'zod';
import { labelOf } from './names.js';

/** A line of a sample list (the paper's `samples/*.json`). Paths are relative to `images/`. */
export interface Sample {
  readonly filename: string;
  readonly label: Label;
  readonly mask?: string | undefined;
  readonly className?: string | undefined;
}

/** Fields that are not known are passed over. `mask` may be missing, null or empty, as the authors' own loader takes it. */
const sampleSchema = z.object({
  filename: z.string().min(1),
  label: z.union([z.number(), z.string()]).transform((given, context) => {
    const label = labelOf(String(given));
    if (label !== undefined) return label;
    context.addIssue({ code: 'custom', message: 'expected 0 or 1, "normal" or "abnormal"' });
    return z.NEVER;
  }),
  mask: z.string().nullish(),
  clsname: z.unknown().optional(),
});

/** The sample in a line. Throws an Error whose message says what is wrong, as the end of a sentence. */
export function parseSample(line: string): Sample {
  let found: unknown;
  try {
    found = JSON.parse(line);
  } catch (error) {
    throw new Error('it is no JSON', { cause: error });
  }
  const { data, error } = sampleSchema.safeParse(found);
  if (data) {
    const { filename, label, mask, clsname } = data;
    const className = typeof clsname === 'string' && clsname !== '' ? clsname : undefined;
    return { filename, label, mask: mask || undefined, className };
  }
  const issue = error.issues[0];
  throw new Error(`${issue?.path.join('.') || 'the value'} is wrong: ${issue?.message ?? 'it does not fit'}`);
}
