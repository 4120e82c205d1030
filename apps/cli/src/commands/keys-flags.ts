import { type Command, Option } from 'commander';
import type { CreateFlags, KeysFlags } from './keys.js';

/** `mediclip keys …`: the API keys of a service, in the file that `MEDICLIP_API_KEYS_FILE` names. */
export function addKeysCommands(mediclip: Command): void {
  const keys = mediclip.command('keys').description('API keys of the service: create, list, revoke');
  const add = (usage: string, description: string) =>
    keys
      .command(usage)
      .description(description)
      .addOption(new Option('--file <file>', 'the keys file').env('MEDICLIP_API_KEYS_FILE').default('api-keys.json'))
      .option('--json', 'write JSON lines', false);
  add('create <tenant>', 'make a key for a tenant; it is shown once')
    .option('--note <text>', 'what the key is for')
    .action(async (tenant: string, flags: CreateFlags) => (await import('./keys.js')).createKey(tenant, flags));
  add('list', 'list the keys, without the keys themselves').action(async (flags: KeysFlags) =>
    (await import('./keys.js')).listKeys(flags),
  );
  add('revoke <id>', 'withdraw a key').action(async (id: string, flags: KeysFlags) =>
    (await import('./keys.js')).revokeKey(id, flags),
  );
}
