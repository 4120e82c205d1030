import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from '@jest/globals';
import { type findOrthanc, freePort, temporaryFolder, until } from '@mediclip/testing';
import { readCompose } from '../../compose/testing/compose-file.js';

const lua = fileURLToPath(new URL('../../../../../examples/orthanc/forward-studies.lua', import.meta.url));
const configuration = fileURLToPath(new URL('../../../../../examples/orthanc/orthanc.json', import.meta.url));

type Programs = NonNullable<Awaited<ReturnType<typeof findOrthanc>>>;

interface Series {
  readonly MainDicomTags: { readonly Modality: string };
  readonly Instances: readonly string[];
}

/** A real Orthanc in a folder of its own, started by the command of the compose file. */
export interface Orthanc {
  /** The address of its page and its REST API. */
  readonly url: string;
  /** Sends files to it by C-STORE. */
  store(files: readonly string[]): void;
  /** What its REST API answers. */
  get<T>(target: string): Promise<T>;
  /** How many instances of each of these modalities it has. */
  counts(modalities: readonly string[]): Promise<number[]>;
  /** Files (PS3.10) of all instances of a modality. */
  instances(modality: string): Promise<Buffer[]>;
  kill(): Promise<void>;
  start(): Promise<void>;
}

const running = new Set<ChildProcess>();
const killAll = () => {
  for (const child of running) child.kill('SIGKILL');
};
process.on('exit', killAll);
afterAll(killAll);

/**
 * Starts an Orthanc that forwards stable studies to `serviceUrl` (with a path up to `studies`), with the secrets of a
 * folder.
 */
export async function startOrthanc(programs: Programs, serviceUrl: string, secrets: string): Promise<Orthanc> {
  const folder = temporaryFolder();
  const [http, dicom] = [await freePort(), await freePort()];
  const given = JSON.parse(readFileSync(configuration, 'utf8'));
  const authorization = readFileSync(path.join(secrets, 'orthanc_authorization'), 'utf8');
  const settings = {
    ...given,
    StorageDirectory: path.join(folder, 'db'),
    IndexDirectory: path.join(folder, 'db'),
    HttpPort: http,
    DicomPort: dicom,
    StableAge: 1,
    LuaScripts: [lua],
    Plugins: [programs.plugin],
    DicomWeb: { ...given.DicomWeb, Servers: { mediclip: { ...given.DicomWeb.Servers.mediclip, Url: serviceUrl } } },
  };
  const file = path.join(folder, 'orthanc.json');
  writeFileSync(file, JSON.stringify(settings));
  const command = readCompose()
    .services.orthanc!.command.at(-1)!
    .replaceAll('/run/secrets', secrets)
    .replace('Orthanc /etc/orthanc/mediclip.json', `${programs.orthanc} ${file}`);
  const base = `http://127.0.0.1:${http}`;
  let child: ChildProcess;
  const ask = (target: string) => fetch(base + target, { headers: { authorization } });
  const series = () => orthanc.get<Series[]>('/series?expand');
  const orthanc: Orthanc = {
    url: base,
    store(files) {
      execFileSync(programs.storescu, ['-aec', 'ORTHANC', '127.0.0.1', String(dicom), ...files], { stdio: 'ignore' });
    },
    async get<T>(target: string) {
      const answer = await ask(target);
      if (!answer.ok) throw new Error(`Orthanc answers ${answer.status} to ${target}.`);
      return (await answer.json()) as T;
    },
    async counts(modalities) {
      const all = await series();
      return modalities.map((modality) =>
        all
          .filter(({ MainDicomTags }) => MainDicomTags.Modality === modality)
          .reduce((sum, { Instances }) => sum + Instances.length, 0),
      );
    },
    async instances(modality) {
      const found: Buffer[] = [];
      for (const { MainDicomTags, Instances } of await series()) {
        if (MainDicomTags.Modality !== modality) continue;
        for (const instance of Instances) {
          found.push(Buffer.from(await (await ask(`/instances/${instance}/file`)).arrayBuffer()));
        }
      }
      return found;
    },
    async kill() {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
    async start() {
      child = spawn('sh', ['-c', command], { stdio: 'ignore' });
      running.add(child);
      child.once('exit', () => running.delete(child));
      await until(async () => ((await ask('/system').catch(() => undefined))?.ok ? true : undefined));
    },
  };
  await orthanc.start();
  return orthanc;
}
