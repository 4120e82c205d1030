import type { Backbone, Health, Problem, Readiness, Usage } from '@mediclip/contracts';
import { ApiProblem, all, get } from '../api/http.js';
import { Action } from '../parts/action.js';
import { Show, useLoaded } from '../parts/loaded.js';
import { size } from '../parts/words.js';
import { session, signOut } from '../state/session.js';

/** The server itself. */
export function AboutScreen() {
  const loaded = useLoaded(
    async () => ({
      health: await get<Health>('/healthz'),
      checks: await checks(),
      backbones: await all<Backbone>('/v1/backbones'),
      usage: await get<Usage>('/v1/usage'),
    }),
    [],
  );
  const { keyId, tenant, keysNeeded } = session.value ?? {};
  return (
    <>
      <h1>About</h1>
      <p class="notice">
        <strong>A research tool, not a medical device.</strong> What it says is no diagnosis.
      </p>
      <Show of={loaded}>
        {({ health, checks: parts, backbones, usage }) => (
          <>
            <dl class="facts">
              <dt>Version</dt>
              <dd>{health.version}</dd>
              {keysNeeded && (
                <>
                  <dt>Key in use</dt>
                  <dd>
                    {keyId} of {tenant} <Action do={signOut}>Sign out</Action>
                  </dd>
                </>
              )}
              {parts.map(({ name, ok, detail }) => (
                <>
                  <dt>{name}</dt>
                  <dd>
                    {ok ? 'ready' : 'not ready'}
                    {detail && `: ${detail}`}
                  </dd>
                </>
              ))}
            </dl>
            <h2>In use</h2>
            <UsageList of={usage} />
            <h2>Backbones</h2>
            <BackboneList of={backbones.filter(({ available }) => available)} />
            {backbones.some(({ available }) => !available) && (
              <details>
                <summary>Known, and not on this server</summary>
                <BackboneList of={backbones.filter(({ available }) => !available)} />
                <p class="quiet">Whoever runs the server brings their weights with “mediclip weights pull”.</p>
              </details>
            )}
          </>
        )}
      </Show>
      <p>
        Everything on this page goes through the public API, which is described at{' '}
        <a href="/docs" target="_blank" rel="noopener">
          /docs
        </a>
        .
      </p>
    </>
  );
}

function BackboneList({ of }: { readonly of: readonly Backbone[] }) {
  return (
    <ul class="plain">
      {of.map(({ id, name, licence }) => (
        <li key={id}>
          {name}{' '}
          <span class="quiet">
            {id}, {licence}
          </span>
        </li>
      ))}
    </ul>
  );
}

const outOf = (used: number, limit: number): string => `${used.toLocaleString('en')} of ${limit.toLocaleString('en')}`;

/** What the tenant of the key uses, beside what it may. */
function UsageList({ of: { jobs, storedBytes, datasets, images, models } }: { readonly of: Usage }) {
  const facts = [
    ['Jobs that wait or run', outOf(jobs.waiting + jobs.running, jobs.limit)],
    ['Stored', `${size(storedBytes.used)} of ${size(storedBytes.limit)}`],
    ['Data sets', outOf(datasets.used, datasets.limit)],
    ['Images', outOf(images.used, images.limit)],
    ['Detectors', `${models.used}`],
  ] as const;
  return (
    <dl class="facts">
      {facts.map(([name, value]) => (
        <>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </>
      ))}
    </dl>
  );
}

/** A server that is not ready says why in its problem; one with an operations port says it there alone. */
async function checks(): Promise<Readiness['checks']> {
  try {
    const { checks } = await get<Readiness>('/readyz');
    return checks.length > 0 ? checks : [{ name: 'Server', ok: true }];
  } catch (error) {
    const problem: Problem | undefined = error instanceof ApiProblem ? error.problem : undefined;
    if (problem?.status !== 503) throw error;
    return problem.checks ?? [{ name: 'Server', ok: false }];
  }
}
