import { serviceVersion } from '@mediclip/contracts/words';
import { Command, Option } from 'commander';
import { addAdaptationFlags } from './commands/adaptation-flags.js';
import { addComputeFlags } from './commands/compute-flags.js';
import { addKeysCommands } from './commands/keys-flags.js';
import { addServerCommands } from './commands/on-server-flags.js';
import { addAxisFlag, addReadingFlags } from './commands/reading-flags.js';
import type { ScoreFlags } from './commands/score.js';
import type { SecretsFlags } from './commands/secrets.js';
import { addTenantsCommands } from './commands/tenants-flags.js';
import type { ThresholdFlags } from './commands/threshold.js';
import { addWeightsCommands } from './commands/weights-flags.js';
import type { DemoFlags } from './demo/demo.js';
import { written } from './terminal/written.js';
import { StoppedError, UncaughtError, UsageError } from './usage-error.js';
import { refuseServer, workplaceOf } from './workplace/choose.js';
import type { AdaptFlags, AuditFlags, EvaluateFlags, ReviseFlags } from './workplace/workplace.js';

/**
 * Reads the arguments and runs a command, whose code is loaded only then: every command answers at once.
 *
 * Exit statuses: 0 done, 1 a fault that is told in one sentence, 130 stopped by Ctrl-C, 141 whoever read the output has
 * gone (`| head`). A bug keeps its stack. They are the same for work on a server.
 */
export async function main(argv: readonly string[]): Promise<number> {
  const stop = new AbortController();
  const onSignal = () => {
    if (stop.signal.aborted) process.exit(130);
    stop.abort(new StoppedError('Stopped.'));
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, onSignal);
  process.stdout.on('error', endWithReader);
  try {
    await program(stop.signal).parseAsync([...argv]);
    return 0;
  } catch (error) {
    const sentence = isOwn(error) ? error.message : (await import('@mediclip/problems')).sentenceOf(error);
    if (sentence === undefined) throw error;
    process.stderr.write(`mediclip: ${sentence}\n`);
    return stop.signal.aborted ? 130 : 1;
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, onSignal);
    await Promise.all([process.stdout, process.stderr].map(written));
    process.stdout.off('error', endWithReader);
  }
}

/** Ends as a program does that the system ends with SIGPIPE. */
function endWithReader(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
  process.exit(141);
}

/** Faults of the command line's own, whose message is for the person at the terminal. */
const isOwn = (error: unknown): error is Error =>
  [UsageError, StoppedError, UncaughtError].some((kind) => error instanceof kind);

/** The command line: every command with its options; `signal` stops what runs. */
export function program(signal: AbortSignal): Command {
  const mediclip = new Command('mediclip')
    .description('Few-shot medical image anomaly detection. A research tool, not a medical device.')
    .version(serviceVersion)
    .addOption(
      new Option('--server <url>', 'work on a server (default: the one of the last login)').env('MEDICLIP_SERVER'),
    )
    .option('--key-file <file>', "file with the server's API key; without it MEDICLIP_API_KEY, or that of the login")
    .option('--local', 'work on this machine, whatever was logged in to')
    .option('--cancel-on-stop', 'Ctrl-C cancels the job on the server, too');
  const adaptCommand = mediclip
    .command('adapt <folder>')
    .description('adapt a detector to the normal images of a folder')
    .option('--out <folder>', 'where the detector goes (default: <folder name>.mediclip)')
    .option('--resume', 'go on with a stopped run', false)
    .option('--overwrite', 'replace what is there', false)
    .action(async (folder: string, flags: AdaptFlags, command: Command) =>
      (await import('./commands/adapt.js')).adapt(await workplaceOf(command), folder, flags, signal),
    );
  addComputeFlags(addAxisFlag(addAdaptationFlags(adaptCommand)));
  const scoreCommand = mediclip
    .command('score <model> <files...>')
    .description('score images with a detector')
    .option('--maps <folder>', 'write a heat-map overlay per image')
    .option('--raw', 'write the raw maps too, as NPY', false)
    .action(async (model: string, files: string[], flags: ScoreFlags, command: Command) =>
      (await import('./commands/score.js')).score(await workplaceOf(command), model, files, flags, signal),
    );
  addComputeFlags(addAxisFlag(scoreCommand));
  const evaluateCommand = mediclip
    .command('evaluate <model> <folder>')
    .description('measure a detector on labelled test images')
    .option('--groups', 'take the folder below that of the label as the group of its images (a patient, a series)')
    .action(async (model: string, folder: string, flags: EvaluateFlags, command: Command) =>
      (await import('./commands/evaluate.js')).evaluate(await workplaceOf(command), model, folder, flags, signal),
    );
  addComputeFlags(addReadingFlags(evaluateCommand));
  const reviseCommand = mediclip
    .command('revise <model> <folder>')
    .description('make a detector that knows the normal images of a folder, too')
    .option('--known <folder>', 'where the images are that it was adapted to (default: the same folder)')
    .option('--out <folder>', 'where the new detector goes (default: <model>-revised)')
    .action(async (model: string, folder: string, flags: ReviseFlags, command: Command) =>
      (await import('./commands/revise.js')).revise(await workplaceOf(command), model, folder, flags, signal),
    );
  addComputeFlags(addAxisFlag(reviseCommand));
  mediclip
    .command('threshold <model>')
    .description('change the threshold of an unpacked export')
    .option('--alpha <share>', 'share of normal images that may be called abnormal, by its calibration')
    .option('--threshold <score>', 'scores above it are called abnormal: set by hand, no guarantee')
    .option('--calibrated', 'go back to the calibrated threshold')
    .option('--json', 'write events as JSON lines', false)
    .action(async (model: string, flags: ThresholdFlags, command: Command) =>
      (await import('./commands/threshold.js')).threshold(await workplaceOf(command), model, flags, signal),
    );
  const auditCommand = mediclip
    .command('audit <folder>')
    .description(
      'look for what makes figures on a folder mislead: copies, cues that give the labels away, normal images that do not belong',
    )
    .action(async (folder: string, flags: AuditFlags, command: Command) =>
      (await import('./commands/audit.js')).audit(await workplaceOf(command), folder, flags, signal),
    );
  addComputeFlags(addAxisFlag(auditCommand));
  addServerCommands(mediclip, signal);
  addLocalCommands(mediclip, signal);
  return mediclip;
}

/** What works on this machine only. */
function addLocalCommands(mediclip: Command, signal: AbortSignal): void {
  const before = mediclip.commands.length;
  addWeightsCommands(mediclip, signal);
  addKeysCommands(mediclip);
  mediclip
    .command('secrets <folder>')
    .description('make the secrets that a deployment lacks; prints the first API key')
    .option('--tenant <tenant>', 'whose the first key is', 'default')
    .option('--pacs', 'also those of an Orthanc that sends studies and takes results', false)
    .option('--json', 'write JSON lines', false)
    .action(async (folder: string, flags: SecretsFlags) =>
      (await import('./commands/secrets.js')).makeSecrets(folder, flags),
    );
  addTenantsCommands(mediclip);
  addServiceCommands(mediclip, signal);
  addDemo(mediclip, signal);
  mediclip
    .command('completion <shell>')
    .description('print a script that makes bash, zsh or fish complete commands and options')
    .action(async (shell: string) => (await import('./commands/completion.js')).completion(mediclip, shell));
  for (const command of mediclip.commands.slice(before)) {
    command.hook('preAction', (_command, action) => refuseServer(action));
  }
}

function addDemo(mediclip: Command, signal: AbortSignal): void {
  mediclip
    .command('demo')
    .description('run the whole service on the bundled examples')
    .option('--out <folder>', 'where overlays and pages go', 'demo-output')
    .option('--open', 'keep the server after it, to look at the results on its page', false)
    .action(async (flags: DemoFlags) => (await import('./demo/demo.js')).demo(flags, signal));
}

/** The service's commands take everything from `MEDICLIP_` variables. */
function addServiceCommands(mediclip: Command, signal: AbortSignal): void {
  for (const [role, description] of [
    ['serve', 'run API and worker in one process tree, without Redis'],
    ['api', 'run an API process on Redis'],
    ['worker', 'run a worker process on Redis'],
  ] as const) {
    mediclip
      .command(role)
      .description(description)
      .action(async () => {
        const { keepYoungSpaceSmall, letHeapGrow } = await import('@mediclip/threads');
        letHeapGrow();
        keepYoungSpaceSmall();
        await (await import('./service/run-service.js')).runService(role, signal);
      });
  }
}
