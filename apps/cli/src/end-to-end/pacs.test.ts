import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { MediclipClient } from '@mediclip/client';
import { isFinal, type Job, type JobKind, type JobOf } from '@mediclip/contracts';
import { decodeImage } from '@mediclip/imaging/direct';
import { relatedBody } from '@mediclip/multipart';
import { ctSlice, findOrthanc, freePort, temporaryFolder, until } from '@mediclip/testing';
import { readCompose } from '../compose/testing/compose-file.js';
import { mediclip } from '../testing/run-mediclip.js';
import { readyModel } from './testing/examples.js';
import { type Orthanc, startOrthanc } from './testing/orthanc.js';
import { type ServiceProcess, startService } from './testing/service-process.js';
import { commandsOf, runCommands, whyNoWalkThrough } from './testing/walk-through.js';

type Elements = NonNullable<Parameters<typeof ctSlice>[2]>;

const programs = await findOrthanc();
const { services } = readCompose({ MEDICLIP_DICOM_REFERENCES: 'sealed' });

(programs ? describe : describe.skip)('with a real Orthanc', () => {
  const folder = temporaryFolder();
  const secrets = path.join(folder, 'secrets');
  let service: ServiceProcess;
  let client: MediclipClient;
  let orthanc: Orthanc;
  /** What making the secrets has said, the first API key alone. */
  let said: string;
  let authorization: string;
  let modelId: string;

  const inFolder = (name: string, content: string | Uint8Array) => {
    const file = path.join(folder, name);
    writeFileSync(file, content);
    return file;
  };
  const slices = (study: number, numbers: readonly number[], more?: Elements) =>
    numbers.map((number) => inFolder(`${study}-${number}.dcm`, ctSlice(study, number, more)));
  const call = async (method: string, target: string, json?: unknown) => {
    const headers = { authorization, ...(json !== undefined && { 'content-type': 'application/json' }) };
    return fetch(service.baseUrl + target, {
      method,
      headers,
      ...(json !== undefined && { body: JSON.stringify(json) }),
    });
  };
  const post = async (target: string, json: unknown) => (await call('POST', target, json)).json() as Promise<Job>;
  const ended = async ({ id }: { id: string }): Promise<Job> =>
    until(async () => {
      const job = await client.getJob(id);
      return isFinal(job.state) ? job : undefined;
    });
  const jobs = async <K extends JobKind>(kind: K): Promise<JobOf<K>[]> => {
    const found: Job[] = [];
    for await (const job of client.listJobs({ kind })) found.push(job);
    return found as JobOf<K>[];
  };
  /** As many jobs of the kind as there should be, all of them ended. */
  const endedJobs = <K extends JobKind>(kind: K, count: number) =>
    until(async () => {
      const all = await jobs(kind);
      return all.length >= count && all.every(({ state }) => isFinal(state)) ? all : undefined;
    });
  const counts = () => orthanc.counts(['CT', 'OT', 'SEG', 'SR']);

  beforeAll(async () => {
    const inSecrets = (text: string) => text.replace('/run/secrets', secrets);
    said = (await mediclip(services.secrets!.command.map(inSecrets))).stdout;
    authorization = `Bearer ${said.trim()}`;
    // The PACS has to know the service, and the service the PACS.
    const port = await freePort();
    orthanc = await startOrthanc(programs!, `http://127.0.0.1:${port}/v1/models/@production/dicomweb/`, secrets);
    const file = path.join(secrets, 'dicomweb_servers.json');
    const [pacs] = JSON.parse(readFileSync(file, 'utf8').replace('http://orthanc:8042', orthanc.url)).servers;
    const wrong = { ...pacs, name: 'wrong-credentials', headers: { Authorization: { file: '../wrong' } } };
    inFolder('wrong', 'Basic eDp5');
    writeFileSync(file, JSON.stringify({ servers: [pacs, wrong] }));
    const settings = Object.entries(services.api!.environment!)
      .filter(([name]) => /API_KEYS|DICOM/.test(name))
      .map(([name, value]) => [name, inSecrets(value)]);
    service = await startService({ settings: { MEDICLIP_PORT: String(port), ...Object.fromEntries(settings) } });
    client = new MediclipClient({ baseUrl: service.baseUrl, apiKey: said.trim() });
    modelId = await readyModel(client);
    await call('PUT', `/v1/models/${modelId}/threshold`, { threshold: 0.01 });
    const dicomResults = { server: 'pacs', kinds: ['secondary-capture', 'segmentation', 'structured-report'] };
    expect((await call('PUT', '/v1/aliases/production', { modelId, dicomResults })).status).toBe(200);
  });
  afterAll(async () => {
    expect(await service.stop()).toBe(0);
    await orthanc.kill();
  });

  test('a study that arrives by C-STORE is scored, and its results stand beside it', async () => {
    orthanc.store(slices(1, [1, 2]));
    const [push] = await endedJobs('dicomweb-push', 1);
    expect(push).toMatchObject({ state: 'succeeded' });
    const [ct, captures, segmentations, reports] = await counts();
    expect([ct, captures, reports]).toEqual([2, 2, 1]);
    expect(segmentations).toBeGreaterThan(0);
    expect(push?.result?.objects).toBe(captures! + segmentations! + reports!);

    for (const modality of ['OT', 'SEG', 'SR']) {
      for (const [at, bytes] of (await orthanc.instances(modality)).entries()) {
        const file = inFolder(`${modality}-${at}.dcm`, bytes);
        const { stdout, stderr } = spawnSync(programs!.dciodvfy, [file], { encoding: 'utf8' });
        expect(`${stdout}${stderr}`.split('\n').filter((line) => line.startsWith('Error'))).toEqual([]);
        expect(bytes.includes('Mustermann^Erika')).toBe(true);
        expect(bytes.includes('(research)')).toBe(true);
      }
    }
  });

  test('results that were sent make nothing be scored again, and sending them again changes nothing', async () => {
    const before = await counts();
    const [scoring] = await jobs('scoring');
    for (const kind of ['secondary-capture', 'segmentation', 'structured-report']) {
      const job = await post(`/v1/studies/${scoring!.id}/results/${kind}/push`, { server: 'pacs' });
      expect(await ended(job)).toMatchObject({ state: 'succeeded' });
    }
    expect(await counts()).toEqual(before);
    // The PACS tells of stable studies in the order in which they became so: this one stands behind the results.
    orthanc.store(slices(2, [1]));
    expect(await endedJobs('scoring', 2)).toHaveLength(2);
    await endedJobs('dicomweb-push', 5);
    expect(await jobs('scoring')).toHaveLength(2);
  });

  test('a study that grows is scored where it grew', async () => {
    orthanc.store(slices(2, [1, 2, 3]));
    const [latest] = await endedJobs('scoring', 3);
    expect(latest).toMatchObject({ result: { scored: 2 } });
    await endedJobs('dicomweb-push', 6);
  });

  test('the results are to be had without the PACS too, with nothing but UIDs in them', async () => {
    const [scoring] = await jobs('scoring');
    const answer = await call('GET', `/v1/studies/${scoring!.id}/results/secondary-capture`);
    expect(answer.headers.get('content-type')).toMatch(/^multipart\/related; type="application\/dicom"/);
    const bytes = Buffer.from(await answer.arrayBuffer());
    expect(bytes.includes('Mustermann')).toBe(false);
    const named = await call('GET', `/v1/studies/${scoring!.id}/results/structured-report?server=pacs`);
    expect(Buffer.from(await named.arrayBuffer()).includes('Mustermann^Erika')).toBe(true);
  });

  test('what a query finds is fetched into a data set, without results of the service', async () => {
    const { id } = await client.createDataset({ name: 'PACS' });
    const asked = { server: 'pacs', split: 'train', label: 'normal' };
    const all = (await ended(await post(`/v1/datasets/${id}/dicomweb-imports`, asked))) as JobOf<'dicomweb-import'>;
    const [ct = 0, ...others] = await counts();
    const own = others.reduce((sum, count) => sum + count, 0);
    expect(all.result).toMatchObject({ found: ct + own, stored: ct, rejected: own });
    const some = { ...asked, query: { Modality: 'CT' }, limit: 2 };
    expect(await ended(await post(`/v1/datasets/${id}/dicomweb-imports`, some))).toMatchObject({
      result: { found: 2, stored: 2, rejected: 0 },
    });
  });

  test('wrong credentials end a job at once, and a server that nobody named is refused', async () => {
    const { id } = await client.createDataset({ name: 'PACS' });
    const asked = { server: 'wrong-credentials', split: 'train', label: 'normal' };
    const job = await ended(await post(`/v1/datasets/${id}/dicomweb-imports`, asked));
    expect(job).toMatchObject({ state: 'failed', error: { type: '/problems/dicomweb-refused' } });
    const unknown = await call('POST', `/v1/datasets/${id}/dicomweb-imports`, { ...asked, server: 'none' });
    expect(unknown.status).toBe(422);
  });

  test('a PACS that dies leaves a failed job, and the results can be sent when it is back', async () => {
    const [scoring] = await jobs('scoring');
    const before = await counts();
    await orthanc.kill();
    const push = () => post(`/v1/studies/${scoring!.id}/results/segmentation/push`, { server: 'pacs' });
    expect(await ended(await push())).toMatchObject({
      state: 'failed',
      error: { type: '/problems/dicomweb-unreachable' },
    });
    await orthanc.start();
    expect(await ended(await push())).toMatchObject({ state: 'succeeded' });
    expect(await counts()).toEqual(before);
  });

  test('nothing of a text of a file is kept: nested, private, in overlays or in the file meta information', async () => {
    const marker = 'Zebra7Quagga';
    // Texts of every representation, also beside the numbers that are read: units, windows, what was examined.
    const texts = {
      AE: ['00020016', '00080054'],
      AS: ['00101010'],
      CS: ['00180015', '00081010'],
      LO: ['00100020', '00100021', '00081040', '00181030', '00281054', '00281055', '00321060'],
      LT: ['00102000', '00204000'],
      PN: ['00080090', '00081070', '00100010'],
      SH: ['00080050', '00102180', '00200010'],
      ST: ['00080081'],
      UT: ['0040a160'],
    };
    const everywhere = Object.entries(texts).flatMap(([vr, tags]) => tags.map((tag) => [tag, [vr, marker]] as const));
    const marked: Elements = {
      ...Object.fromEntries(everywhere),
      '00081030': ['LO', marker],
      '0008103e': ['LO', marker],
      '00080080': ['LO', marker],
      '00104000': ['LT', marker],
      '00082112': ['SQ', [{ '00104000': ['LT', marker], '00081140': ['SQ', [{ '00081030': ['LO', marker] }]] }]],
      '00090010': ['LO', marker],
      '00091001': ['UN', Buffer.from(`${marker} `)],
      '00200011': ['IS', '3'],
      '60000010': ['US', [1]],
      '60000022': ['LO', marker],
      '60001500': ['LO', marker],
    };
    const slice = ctSlice(9, 1, marked);
    expect(slice.toString('latin1').split(marker)).toHaveLength(11 + everywhere.length);
    const { bytes, contentType } = relatedBody('application/dicom', [slice]);
    const sent = await fetch(`${service.baseUrl}/v1/models/@production/dicomweb/studies`, {
      method: 'POST',
      headers: { authorization, 'content-type': contentType },
      body: bytes,
    });
    expect(sent.status).toBe(200);
    const scoringId = /\/v1\/jobs\/([^>]+)>/.exec(sent.headers.get('link') ?? '')?.[1] ?? '';
    const scoring = (await ended({ id: scoringId })) as JobOf<'scoring'>;
    expect(scoring).toMatchObject({ result: { scored: 1, rejected: 0 } });
    // The PACS does not know the study, so that its results cannot go there.
    expect(await ended({ id: scoring.result!.pushJobId! })).toMatchObject({ state: 'failed' });
    const answers = [await sent.text()];
    for (const target of [
      `/v1/jobs/${scoringId}`,
      `/v1/jobs/${scoringId}/results`,
      `/v1/datasets/${scoring.request.datasetId}/images`,
      `/v1/studies/${scoringId}/results/secondary-capture`,
      `/v1/models/${modelId}/export`,
    ]) {
      answers.push(Buffer.from(await (await call('GET', target)).arrayBuffer()).toString('latin1'));
    }
    const stored = readdirSync(service.dataDir, { recursive: true, withFileTypes: true, encoding: 'utf8' })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(path.join(entry.parentPath, entry.name), 'latin1'));
    const kept = [...answers, ...stored, JSON.stringify(service.log)];
    for (const secret of [marker, 'Mustermann', '4711^', 'Referring^Anna']) {
      expect(kept.filter((text) => text.includes(secret))).toEqual([]);
    }
    // UIDs are in what was asked for as DICOM, and nowhere in the store.
    expect(stored.filter((text) => text.includes('1.2.826.0.1.3680043.8.498.9'))).toEqual([]);
  });

  (whyNoWalkThrough ? test.skip : test)(
    'the walk-through leads from `docker compose up` to a heat map beside the study, word for word',
    async () => {
      const { folder: made, ...ended } = await runCommands(commandsOf('docs/clinic.md', '## With Orthanc, in Docker'), {
        servers: { 'http://127.0.0.1:8080': service.baseUrl, 'http://127.0.0.1:8042': orthanc.url },
        programs: { docker: dockerOf(inFolder('said', said), secrets) },
      });
      expect(ended).toMatchObject({ status: 0, errors: '' });
      const [stored, alias, study] = ended.output.trim().split('\n').slice(-3);
      expect([stored, alias]).toEqual(['24', expect.stringMatching(/^[0-9a-f-]{36}$/)]);
      expect(study).toMatch(/^\/instances\//);
      expect(readFileSync(path.join(made, '.env'), 'utf8')).toBe('MEDICLIP_DICOM_REFERENCES=sealed\n');
      const { mode, data } = await decodeImage(readFileSync(path.join(made, 'heat-map.png')));
      expect(mode).toBe('rgb');
      // Colours of the map lie over a grey picture.
      expect(data.some((red, at) => at % 3 === 0 && red !== data[at + 2])).toBe(true);
    },
    120_000,
  );
});

/** Stands for Docker where what `compose up` would start runs already: tells what `secrets` has said, and secrets. */
function dockerOf(said: string, secrets: string): string {
  return `#!/usr/bin/env bash
case "$*" in
  'compose --profile pacs up --detach') ;;
  'compose logs --no-log-prefix secrets') cat '${said}' ;;
  'compose exec -T orthanc cat /run/secrets/'*) cat "${secrets}/$(basename "\${@: -1}")" ;;
  *) echo "docker $*: not known" >&2; exit 1 ;;
esac
`;
}
