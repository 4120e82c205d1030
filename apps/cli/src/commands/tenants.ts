import { setTimeout as sleep } from 'node:timers/promises';
import { tenantSchema } from '@mediclip/contracts';
import { openStore, type TenantStore } from '@mediclip/store';
import { readKeysFile } from '../keys/keys-file.js';
import { claimFolders } from '../service/parts.js';
import { parseSettings, type Settings, SettingsError } from '../settings/settings.js';
import { createOutput } from '../terminal/output.js';
import { UsageError } from '../usage-error.js';

export interface PurgeFlags {
  readonly json: boolean;
}

/** How long workers may take to stop with the jobs of a tenant. */
const stopMs = 10_000;
const lookEveryMs = 200;

/**
 * `mediclip tenants purge TENANT`: cancels its jobs and removes everything that is stored for it. Refused while the
 * tenant has keys, or where it needs none while a service works on the store: somebody could add to it meanwhile. When
 * it is cut off, it may be run again, and the service goes on with it.
 */
export async function purgeTenant(tenant: string, { json }: PurgeFlags): Promise<void> {
  const output = createOutput(json);
  const fault = tenantSchema.safeParse(tenant).error?.issues[0];
  if (fault) throw new UsageError(`${JSON.stringify(tenant)} is no tenant: ${fault.message}.`);
  const settings = settingsOf(process.env);
  const claim = await assertNobodyAdds(settings, tenant);
  const store = openStore(settings.storeUrl);
  try {
    const prefix = `tenants/${tenant}/`;
    let objects = 0;
    for await (const _ of store.objects.keys(prefix)) objects++;
    if (objects === 0) throw new UsageError(`Nothing is stored for the tenant ${tenant} in ${settings.storeUrl}.`);
    await endJobs(store.tenant(tenant));
    do await store.tenant(tenant).forgetting.forgetAll();
    while ((await store.objects.list(prefix, { limit: 1 })).length > 0);
    output.event({ event: 'tenant-purged', tenant, objects });
    output.remark(`Everything that was stored for ${tenant} is gone: ${objects} objects.`);
  } finally {
    await store.close();
    await claim?.release();
  }
}

async function assertNobodyAdds(settings: Settings, tenant: string) {
  const { apiKeysFile } = settings;
  if (apiKeysFile === undefined) return claimFolders(settings, 'serve');
  const ids = (await readKeysFile(apiKeysFile)).filter((key) => key.tenant === tenant).map(({ id }) => id);
  if (ids.length === 0) return undefined;
  throw new UsageError(
    `The tenant ${tenant} has keys (${ids.join(', ')}): withdraw them first with \`mediclip keys revoke\`, so that nobody adds to what is removed.`,
  );
}

/** Cancels what has not ended, and gives workers time to stop with it. */
async function endJobs({ jobs }: TenantStore): Promise<void> {
  for await (const { job } of jobs.unfinished()) await jobs.requestCancel(job.id);
  for (const until = Date.now() + stopMs; Date.now() < until; await sleep(lookEveryMs)) {
    const { queued, running } = await jobs.unfinishedByState();
    if (queued + running === 0) return;
  }
}

function settingsOf(env: NodeJS.ProcessEnv): Settings {
  try {
    return parseSettings(env);
  } catch (error) {
    if (error instanceof SettingsError) throw new UsageError(error.message);
    throw error;
  }
}
