import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { isProblemSlug, ProblemError } from '@mediclip/contracts';
import { mostWrongKeys } from '../auth/wrong-keys.js';
import { mostConnections } from '../http/connection-limit.js';
import { passedOverMs } from '../http/send-problem.js';
import { headersTimeoutMs } from '../http/timeouts.js';
import { maximumWaiting } from '../memory.js';
import { largestTextBytes } from '../models/exports/unpack-export.js';
import { longestNameBytes, namesBytes } from '../uploads/archive/entry-checks.js';
import { longestFieldBytes } from '../uploads/form.js';

const guide = readFileSync(new URL('../../../../docs/operations.md', import.meta.url), 'utf8');
const MiB = 2 ** 20;
const number = (value: number) => value.toLocaleString('en');
/** Settings that end a request or refuse one. */
const limiting = /^MEDICLIP_(MAX_\w+|QUEUE_DEPTH|RATE_LIMIT_PER_MINUTE|(IMAGE|SCORE|REQUEST)_TIMEOUT_SECONDS)$/;
const problems = /`([a-z-]+)` \((\d{3})[,)]/g;

describe('docs/operations.md', () => {
  test('says of every setting that limits clients what they get beyond it', () => {
    const rows = [...guide.matchAll(/^\| `(MEDICLIP_\w+)` \| [^|]+ \| (.*) \|$/gm)].filter(([, name]) =>
      limiting.test(name!),
    );
    expect(rows.length).toBeGreaterThan(20);
    expect(rows.filter(([row]) => [...row.matchAll(problems)].length === 0).map(([, name]) => name)).toEqual([]);
  });

  test('names problems with the statuses that they have', () => {
    const named = [...guide.matchAll(problems)].map(([, slug, status]) => [slug!, Number(status)] as const);
    expect(named.filter(([slug]) => !isProblemSlug(slug))).toEqual([]);
    const statuses = named.map(([slug]) => isProblemSlug(slug) && new ProblemError(slug).status);
    expect(statuses).toEqual(named.map(([, status]) => status));
  });

  test.each([
    `the name of an entry of an archive: ${number(longestNameBytes)} bytes, all together ${namesBytes / MiB} MiB`,
    `half of the descriptors that the system lets it have (\`ulimit -n\`), less ${10_000 / 2 - mostConnections(10_000)!}`,
    `${headersTimeoutMs / 1000} s for the head of a request`,
    `a field may have ${number(longestFieldBytes)} bytes`,
    `${mostWrongKeys} requests a minute of one address with wrong keys`,
    `is read on for ${passedOverMs / 1000} s`,
    `${maximumWaiting} requests that wait for memory of one kind`,
    `its record has at most ${largestTextBytes / MiB} MiB`,
  ])('has the limit of the code: %s', (limit) => {
    expect(guide.includes(limit)).toBe(true);
  });
});
