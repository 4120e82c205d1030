import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type S3Server, s3Credentials, startS3Server, whyNoS3Server } from '@mediclip/testing';
import { StoreForbidden, StoreMisconfigured } from '../errors.js';
import { openObjectStore } from '../open-object-store.js';
import { describeObjectStore } from '../testing/conformance.js';
import { describeStoreProcesses } from '../testing/process-conformance.js';
import { addImage, imageContent, imageDescription } from '../testing/test-images.js';
import { collect, newModel, testStore } from '../testing/test-store.js';

/**
 * A bucket of a server of your own to run these tests on instead, `s3://…?endpoint=…`; credentials as usual in the
 * environment.
 */
const given = process.env.MEDICLIP_TEST_S3_URL;
const reason = given ? undefined : whyNoS3Server();

if (reason) {
  console.warn(
    `NOT RUN: the S3 driver's tests, because ${reason}. Set MEDICLIP_TEST_S3_URL to run them on a server of yours.`,
  );
  test.skip('the S3 driver (see the warning)', () => {});
} else {
  let server: S3Server | undefined;
  const urlOf = (prefix: string) => given ?? `s3://bucket/${prefix}?endpoint=${server?.endpoint}`;
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
  if (!given) Object.assign(process.env, s3Credentials);

  beforeAll(async () => {
    if (!given) server = await startS3Server('bucket');
  });
  afterAll(() => server?.stop());

  describeObjectStore('S3', () => openObjectStore(urlOf('tests/conformance')));
  describeStoreProcesses('S3', () => urlOf('tests/processes'));

  describe('the repositories on S3', () => {
    test('keep a data set, a job and its model', async () => {
      const { tenant, store, keys } = testStore(urlOf('tests/repositories'));
      const { model, job } = await newModel(tenant);
      const image = await addImage(
        tenant.images,
        job.request.datasetId,
        imageDescription(),
        imageContent('pixels', 'mask'),
      );
      expect(await collect(tenant.images.all(job.request.datasetId))).toEqual([image]);
      expect(await tenant.models.list({ limit: 10 })).toMatchObject({ items: [{ id: model.id, calibrated: false }] });
      expect(await collect(store.tenants())).toEqual(['default']);
      await store.check();
      await store.sweep();
      await tenant.models.delete(model.id);
      await tenant.datasets.delete(job.request.datasetId);
      expect(await keys()).toEqual([`jobs/${job.id}/job.json`]);
      await store.objects.deleteFolder('tenants/');
      await store.close();
    });
  });

  const own = given ? describe.skip : describe;
  own('a server of our own', () => {
    test('that was killed and started again has everything that was acknowledged', async () => {
      const store = openObjectStore(urlOf('tests/restart'));
      await store.put('a/b', new Uint8Array([1, 2, 3]));
      const { etag } = (await store.get('a/b'))!;
      const restarted = server!.restart();
      const whileAway = store.put('a/b', new Uint8Array([4]), { ifMatch: etag });
      await Promise.all([restarted, whileAway]);
      expect((await store.get('a/b'))?.bytes).toEqual(new Uint8Array([4]));
    });

    test('tells wrong credentials and a missing bucket', async () => {
      const missing = openObjectStore(`s3://no-such-bucket?endpoint=${server!.endpoint}`);
      await expect(missing.check()).rejects.toThrow(StoreMisconfigured);
      process.env.AWS_SECRET_ACCESS_KEY = 'wrong';
      const wrong = openObjectStore(urlOf('tests/wrong'));
      await expect(wrong.check()).rejects.toThrow(StoreForbidden);
      await expect(wrong.put('a', new Uint8Array())).rejects.toThrow(
        /AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY the right/,
      );
      process.env.AWS_SECRET_ACCESS_KEY = s3Credentials.AWS_SECRET_ACCESS_KEY;
    });
  });
}
