import type { Label } from '@mediclip/contracts';
import * as z from 'zod/mini';
import { labelOf } from './names.js';

const labelExpected = 'expected 0 or 1, "normal" or "abnormal"';

/** A line of a sample list (the paper's `samples/*.json`). Paths are relative to `images/`. */
export interface Sample {
  readonly filename: string;
  readonly label: Label;
  readonly mask?: string | undefined;
  readonly className?: string | undefined;
  readonly group?: string | undefined;
}

/**
 * Fields that are not known are passed over. `mask` may be missing, null or empty, as the authors' own loader takes it.
 * (The small build of zod, because the page carries this to browsers.)
 */
const sampleSchema = z.object({
  filename: z.string('expected a name').check(z.minLength(1, 'expected a name')),
  label: z.pipe(
    z.union([z.number(), z.string()], labelExpected),
    z.transform((given, context) => {
      const label = labelOf(String(given));
      if (label !== undefined) return label;
      context.issues.push({ code: 'custom', message: labelExpected, input: given });
      return z.NEVER;
    }),
  ),
  mask: z.nullish(z.string('expected a name')),
  clsname: z.optional(z.unknown()),
  group: z.nullish(z.string('expected a name').check(z.maxLength(200, 'expected at most 200 characters'))),
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
    const { filename, label, mask, clsname, group } = data;
    const className = typeof clsname === 'string' && clsname !== '' ? clsname : undefined;
    return { filename, label, mask: mask || undefined, className, group: group || undefined };
  }
  const issue = error.issues[0];
  throw new Error(`${issue?.path.join('.') || 'the value'} is wrong: ${issue?.message ?? 'it does not fit'}`);
}
