import { createHash, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { MediclipClient } from '@mediclip/client';
import { type OperationId, operationIds, routeOf } from '@mediclip/contracts';
import { newId } from '@mediclip/store';
import { temporaryFolder } from '@mediclip/testing';
import { readyModel, uploadExamples } from './testing/examples.js';
import { findSchemathesis, schemathesis } from './testing/schemathesis.js';
import { type ServiceProcess, startService } from './testing/service-process.js';

const python = findSchemathesis();
const describeWithSchemathesis = python === null ? describe.skip : describe;

/**
 * What the schema cannot say: which bodies are refused for what they mean, and that `/v1/models/import` has
 * `/v1/models/{id}` beside it.
 */
const beyondSchema = ['positive_data_acceptance', 'unsupported_method'];

/** Of the methods that an operation does not have, one is enough: all of them meet the same answer. */
const methods = '[phases.coverage]\nunexpected-methods = ["trace"]\n';

/** A repeated `Idempotency-Key` answers with what it made first, and that may have been deleted since. */
const beyondReplays = [...beyondSchema, 'ensure_resource_availability'];

/** A file of API keys with one key; and the key. */
function keysFile(): { file: string; key: string } {
  const key = `test_${randomBytes(24).toString('hex')}`;
  const file = path.join(temporaryFolder(), 'keys.json');
  const sha256 = createHash('sha256').update(key).digest('hex');
  const entry = { id: newId(), tenant: 'clinic', sha256, createdAt: new Date().toISOString() };
  writeFileSync(file, JSON.stringify({ schemaVersion: 1, keys: [entry] }));
  return { file, key };
}

/** Things for the path parameters of operations to name. */
async function makeThings(
  client: MediclipClient,
  call: (method: string, path: string, json?: object) => Promise<Response>,
) {
  const datasetId = await uploadExamples(client, { train: 1, normal: 2, abnormal: 2 });
  const modelId = await readyModel(client);
  const scoring = await client.createScoring({ modelId, datasetId });
  await client.waitForResult(scoring);
  const evaluation = await client.createEvaluation({ modelId, datasetId });
  const { evaluationId } = await client.waitForResult(evaluation);
  const images = client.listImages(datasetId)[Symbol.asyncIterator]();
  const { value: image } = await images.next();
  // A receiver that nobody is asked about: the name has no address.
  const webhook = { url: 'https://hooks.invalid/', events: ['alias.changed'] };
  const { id: webhooks } = (await (await call('POST', '/v1/webhooks', webhook)).json()) as { id: string };
  await call('PUT', '/v1/aliases/told-of', { modelId });
  const told = await call('GET', `/v1/webhooks/${webhooks}/deliveries`);
  const { items } = (await told.json()) as { items: [{ id: string }] };
  return {
    ...{ datasets: datasetId, models: modelId, jobs: scoring.id, evaluations: evaluationId, webhooks },
    ...{ studies: scoring.id, imageId: image!.id, deliveryId: items[0].id },
  };
}

type Things = Awaited<ReturnType<typeof makeThings>>;

/**
 * Configuration that has every operation but deletions meet what is there; without it nearly all of them would meet
 * nothing.
 */
function pathsTo(things: Things): string {
  return operationIds
    .filter((id) => routeOf(id).method !== 'DELETE' && routeOf(id).path.includes('{id}'))
    .map((id: OperationId) => {
      const { path: template } = routeOf(id);
      const kind = template.split('/')[2] as Exclude<keyof typeof things, 'imageId' | 'deliveryId'>;
      const parameters = [`"path.id" = "${things[kind]}"`];
      for (const name of ['imageId', 'deliveryId'] as const) {
        if (template.includes(`{${name}}`)) parameters.push(`"path.${name}" = "${things[name]}"`);
      }
      return `[[operations]]\ninclude-operation-id = "${id}"\nparameters = { ${parameters.join(', ')} }\n`;
    })
    .join('\n');
}

describeWithSchemathesis(
  'schemathesis against the running server finds no fault, and nothing that openapi.json does not say',
  () => {
    let service: ServiceProcess;
    let things: Things;
    const { file, key } = keysFile();

    beforeAll(async () => {
      const settings = { MEDICLIP_API_KEYS_FILE: file, MEDICLIP_RATE_LIMIT_PER_MINUTE: '1000000' };
      service = await startService({ settings });
      const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
      things = await makeThings(new MediclipClient({ baseUrl: service.baseUrl, apiKey: key }), (method, target, json) =>
        fetch(service.baseUrl + target, { method, headers, body: json === undefined ? null : JSON.stringify(json) }),
      );
    });

    afterAll(async () => {
      expect(await service.stop()).toBe(0);
      expect(service.log.filter(({ level }) => level >= 50)).toEqual([]);
    });

    /** Runs some of its phases; throws what it says when it finds something. */
    async function fuzz(phases: string, examples: number, excluded: readonly string[], settings = ''): Promise<number> {
      const folder = temporaryFolder();
      writeFileSync(path.join(folder, 'schemathesis.toml'), settings);
      const { status, output } = await schemathesis(
        python!,
        [
          ...['--config-file', 'schemathesis.toml', 'run', `${service.baseUrl}/openapi.json`],
          ...['--header', `Authorization: Bearer ${key}`, '--exclude-checks', excluded.join(',')],
          // A stream without an end: job-events.test.ts and all-job-events.test.ts read it.
          ...['--exclude-operation-id', 'getAllJobEvents'],
          // One worker: what it draws values with is not made for threads.
          ...['--phases', phases, '--max-examples', `${examples}`, '--workers', '1'],
          // An answer may take long where other tests have the processor.
          ...['--request-timeout', '120'],
          // They fail nothing, and cost a look at the settings of every operation.
          ...['--warnings', 'off'],
          ...['--continue-on-failure', '--no-shrink', '--suppress-health-check', 'all', '--seed', '1'],
        ],
        folder,
      );
      if (status !== 0) throw new Error(output);
      return Number(/(\d+) generated/.exec(output)?.[1]);
    }

    test('when operations are called one by one, on what is there', async () => {
      const settings = `${methods}\n${pathsTo(things)}`;
      expect(await fuzz('examples,coverage,fuzzing', 2, beyondSchema, settings)).toBeGreaterThan(2000);
    });

    test('when operations are called one after the other, on what those before have made', async () => {
      expect(await fuzz('stateful', 10, beyondReplays)).toBeGreaterThan(50);
    });
  },
);
