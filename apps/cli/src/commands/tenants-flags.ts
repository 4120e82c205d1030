import type { Command } from 'commander';
import type { PurgeFlags } from './tenants.js';

/** `mediclip tenants …`: what a service keeps for its tenants; where that is, `MEDICLIP_` variables say. */
export function addTenantsCommands(mediclip: Command): void {
  const tenants = mediclip.command('tenants').description('tenants of the service: purge');
  tenants
    .command('purge <tenant>')
    .description('remove everything that is stored for a tenant, for good')
    .option('--json', 'write JSON lines', false)
    .action(async (tenant: string, flags: PurgeFlags) => (await import('./tenants.js')).purgeTenant(tenant, flags));
}
