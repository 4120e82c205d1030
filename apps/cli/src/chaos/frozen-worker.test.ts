import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { MediclipClient } from '@mediclip/client';
import type { JobOf, Model } from '@mediclip/contracts';
import type { Store } from '@mediclip/store';
import { findChromium, findRedis, openBrowser, until, Visitor } from '@mediclip/testing';
import { madeOf, quickOptions, readyModel, trainedFor, uploadExamples } from '../end-to-end/testing/examples.js';
import { Cluster } from './testing/cluster.js';
import type { LogLine, Member } from './testing/member.js';

const executablePath = await findChromium();
const onRedis = (await findRedis()) === null ? describe.skip : describe;

onRedis('a worker that is frozen beyond its lock while its engine goes on, and is woken', () => {
  let cluster: Cluster;
  let store: Store;
  let client: MediclipClient;
  let datasetId: string;
  let undisturbed: Model;
  /** The successor of the last one that was frozen. */
  let other: Member;

  beforeAll(async () => {
    cluster = await Cluster.start({ apis: 1, lockMs: 3000 });
    store = cluster.openStore();
    client = cluster.apis[0]!.client();
    datasetId = await uploadExamples(client, { train: 4 });
    undisturbed = await client.getModel(await readyModel(client));
  }, 120_000);
  afterAll(() => cluster?.stop());

  const adapt = (epochs = 2) => client.createAdaptation({ datasetId, ...quickOptions(epochs) });

  const says = (member: Member, wanted: string, { id }: Pick<JobOf<'adaptation'>, 'id'>) =>
    until(() => member.log.find(({ msg, jobId }: LogLine) => msg === wanted && jobId === id));

  /** The version of every object that the job's end has made: records, the model, the data set. */
  async function versions(): Promise<Record<string, string>> {
    const keys = (await store.objects.list('tenants/', { limit: 10_000 })).map(({ key }) => key);
    return Object.fromEntries(
      await Promise.all(keys.map(async (key) => [key, (await store.objects.get(key))?.etag ?? 'gone'])),
    );
  }

  test.each(['job taken up', 'job ended'])(
    'when its successor says "%s", changes nothing of what that one makes',
    async (moment) => {
      const job = await adapt();
      await trainedFor(client, job, 1);
      const frozen = cluster.workers.find((worker) => worker.underWay('adaptation').includes(job.id))!;
      const successor = cluster.workers.find((worker) => worker !== frozen)!;
      other = successor;
      frozen.signal('SIGSTOP');
      await says(successor, moment, job);
      const before = await versions();
      frozen.signal('SIGCONT');
      await says(frozen, 'attempt superseded', job);

      const { modelId } = await client.waitForResult(job);
      await says(successor, 'job ended', job);
      expect(frozen.log.filter(({ msg, jobId }) => msg === 'job ended' && jobId === job.id)).toEqual([]);
      expect((await client.getJob(job.id)).attempt).toBe(2);
      expect(madeOf(await client.getModel(modelId))).toEqual(madeOf(undisturbed));
      if (moment === 'job ended') expect(await versions()).toEqual(before);
    },
    120_000,
  );

  // The one that was woken first has adapted since, as the frozen one or as its successor.
  test('is well: the last one that was woken takes jobs when it is alone', async () => {
    await other.kill();
    await client.waitForResult(await client.createAudit(datasetId));
  }, 120_000);

  (executablePath === null ? test.skip : test)(
    'when all processes die with it, is seen to go on with its job, on a page that nobody loads again',
    async () => {
      const browser = await openBrowser(executablePath!);
      try {
        const job = await adapt(1000);
        const visitor = await Visitor.arrive(browser, cluster.apis[0]!.baseUrl);
        const { page } = visitor;
        await page.goto(`${visitor.baseUrl}/app/jobs/${job.id}`);
        const stepsShown = `Number(/(\\d+) of 3000 steps/.exec(document.querySelector('.card')?.textContent)?.[1])`;
        await visitor.see('.card', /\d of 3000 steps/, 120_000);
        for (const member of cluster.members()) await member.kill();
        await visitor.see('.status-line', 'The server is not heard at the moment.');
        const before = await page.evaluate(stepsShown);
        await Promise.all(cluster.members().map((member) => member.start()));
        await visitor.see('dd', 'the work was interrupted and went on', 120_000);
        await page.waitForFunction(`${stepsShown} > ${before}`, { timeout: 120_000 });
        await visitor.press('Cancel');
        await visitor.see('.state', 'cancelled');
      } finally {
        await browser.close();
      }
    },
    240_000,
  );
});
