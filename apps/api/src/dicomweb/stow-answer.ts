import { dicomJsonMediaType, type StowAnswer } from '@mediclip/contracts';
import type { RawAnswer } from '../http/handlers.js';

/** What became of an instance: taken, or failed for a reason of `failureReasons`. */
export interface InstanceOutcome {
  readonly sopClassUid: string | undefined;
  readonly sopInstanceUid: string | undefined;
  readonly failure?: number | undefined;
}

const uid = (value: string) => ({ vr: 'UI' as const, Value: [value] });

/**
 * The answer of a STOW-RS transaction (PS3.18, 10.5.3): 200 where all was taken, 202 where some was, 409 where none
 * was.
 */
export function stowAnswer(
  outcomes: readonly InstanceOutcome[],
  headers: Readonly<Record<string, string>> = {},
): RawAnswer {
  const failed = outcomes.filter(({ failure }) => failure !== undefined);
  const stored = outcomes.filter(({ failure }) => failure === undefined);
  const answer: StowAnswer = {
    ...(failed.length > 0 && {
      '00081198': {
        vr: 'SQ',
        Value: failed.map(({ sopClassUid, sopInstanceUid, failure }) => ({
          ...(sopClassUid !== undefined && { '00081150': uid(sopClassUid) }),
          ...(sopInstanceUid !== undefined && { '00081155': uid(sopInstanceUid) }),
          '00081197': { vr: 'US', Value: [failure ?? 0] },
        })),
      },
    }),
    ...(stored.length > 0 && {
      '00081199': {
        vr: 'SQ',
        Value: stored.map(({ sopClassUid = '', sopInstanceUid = '' }) => ({
          '00081150': uid(sopClassUid),
          '00081155': uid(sopInstanceUid),
        })),
      },
    }),
  };
  return {
    status: statusOf(failed.length, stored.length),
    mediaType: dicomJsonMediaType,
    bytes: Buffer.from(JSON.stringify(answer)),
    headers,
  };
}

function statusOf(failed: number, stored: number): number {
  if (failed === 0) return 200;
  return stored > 0 ? 202 : 409;
}
