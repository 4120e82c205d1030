import type { Command } from 'commander';
import type { Server } from '../server/server.js';
import { requireServer } from '../workplace/choose.js';
import type { UploadFlags } from './on-server/datasets.js';
import type { JsonFlags } from './on-server/tell-each.js';
import { addReadingFlags } from './reading-flags.js';

/** The commands that work on servers only: `datasets`, `jobs`, `models`, `aliases`, `calibrate`, `login`, `logout`. */
export function addServerCommands(mediclip: Command, signal: AbortSignal): void {
  addDatasets(mediclip, signal);
  addJobs(mediclip, signal);
  addModels(mediclip, signal);
  addAliases(mediclip);
  mediclip
    .command('login <url>')
    .description('keep a server, and a key for it, that commands work on from then on')
    .action(async (url: string, _flags, command: Command) =>
      (await import('./on-server/login.js')).login(url, command.optsWithGlobals()),
    );
  mediclip
    .command('logout')
    .description('forget the server and its key')
    .action(async () => (await import('./on-server/login.js')).logout());
}

/** A command of a group with `--json`, whose action gets the server, its arguments and its flags. */
function add<Flags extends JsonFlags>(
  group: Command,
  usage: string,
  description: string,
  action: (server: Server, args: readonly string[], flags: Flags) => Promise<void>,
): Command {
  return group
    .command(usage)
    .description(description)
    .option('--json', 'write JSON lines', false)
    .action(async (...given: unknown[]) => {
      const command = given.at(-1) as Command;
      await action(await requireServer(command), command.args, command.opts<Flags>());
    });
}

function addDatasets(mediclip: Command, signal: AbortSignal): void {
  const group = mediclip.command('datasets').description('data sets of a server');
  const load = () => import('./on-server/datasets.js');
  add(group, 'list', 'list them', async (server, _args, flags) => (await load()).listDatasets(server, flags));
  add(group, 'show <id>', 'show one', async (server, [id = ''], flags) =>
    (await load()).showDataset(server, id, flags),
  );
  const upload = add<UploadFlags>(group, 'upload <folder>', 'upload a folder', async (server, [folder = ''], flags) =>
    (await load()).upload(server, folder, flags, signal),
  )
    .option('--name <name>', "of the new data set (default: the folder's)")
    .option('--into <id>', 'add to this data set in place of making one');
  addReadingFlags(upload);
  add<JsonFlags & { derived: boolean }>(
    group,
    'delete <id>',
    'delete one with its images',
    async (server, [id = ''], flags) => (await load()).deleteDataset(server, id, flags),
  ).option('--derived', 'its scorings and evaluations, too', false);
}

function addJobs(mediclip: Command, signal: AbortSignal): void {
  const group = mediclip.command('jobs').description('jobs of a server');
  const load = () => import('./on-server/jobs.js');
  add(group, 'list', 'list them, newest first', async (server, _args, flags) => (await load()).listJobs(server, flags));
  add(group, 'show <id>', 'show one', async (server, [id = ''], flags) => (await load()).showJob(server, id, flags));
  add(group, 'wait <id>', 'follow one to its end', async (server, [id = ''], flags) =>
    (await load()).waitForJob(server, id, flags, signal),
  );
  add(group, 'cancel <id>', 'cancel one', async (server, [id = ''], flags) =>
    (await load()).cancelJob(server, id, flags),
  );
  add<JsonFlags & { csv?: string }>(group, 'results <id>', 'scores of a scoring', async (server, [id = ''], flags) =>
    (await load()).listResults(server, id, flags),
  ).option('--csv <file>', 'write them as a table');
  add(group, 'delete <id>', 'delete one that has ended', async (server, [id = ''], flags) =>
    (await load()).deleteJob(server, id, flags),
  );
}

function addModels(mediclip: Command, signal: AbortSignal): void {
  const group = mediclip.command('models').description('models of a server');
  const load = () => import('./on-server/models.js');
  add(group, 'list', 'list them, newest first', async (server, _args, flags) =>
    (await load()).listModels(server, flags),
  );
  add(group, 'show <model>', 'show one', async (server, [id = ''], flags) =>
    (await load()).showModel(server, id, flags),
  );
  add(group, 'export <model> <file>', 'write one as a zip', async (server, [id = '', file = ''], flags) =>
    (await load()).exportModel(server, id, file, flags),
  );
  add(group, 'import <file>', 'bring one that was exported', async (server, [file = ''], flags) =>
    (await load()).importModel(server, file, flags),
  );
  add(group, 'delete <model>', 'delete one', async (server, [id = ''], flags) =>
    (await load()).deleteModel(server, id, flags),
  );
  add<JsonFlags & { alpha: string }>(
    mediclip,
    'calibrate <model> <folder>',
    'choose the threshold of a model from normal images',
    async (server, [model = '', folder = ''], flags) => (await load()).calibrate(server, model, folder, flags, signal),
  ).option('--alpha <share>', 'share of normal images that may be called abnormal', '0.05');
}

function addAliases(mediclip: Command): void {
  const group = mediclip.command('aliases').description('names for models of a server');
  const load = () => import('./on-server/models.js');
  add(group, 'list', 'list them', async (server, _args, flags) => (await load()).listAliases(server, flags));
  add<JsonFlags & { ifModel?: string }>(
    group,
    'set <name> <model>',
    'move one to a model',
    async (server, args, flags) => {
      const [name = '', model = ''] = args;
      await (await load()).setAlias(server, name, model, flags);
    },
  ).option('--if-model <id>', 'only when it names this model now');
  add(group, 'rollback <name>', 'move one back to the model before', async (server, [name = ''], flags) =>
    (await load()).rollBackAlias(server, name, flags),
  );
  add(group, 'delete <name>', 'delete one; its model stays', async (server, [name = ''], flags) =>
    (await load()).deleteAlias(server, name, flags),
  );
}
