import { expect, test } from '@jest/globals';
import { operationIds } from '@mediclip/contracts';
import { MediclipClient } from './client.js';
import { startTestServer } from './testing/test-server.js';

/** Streams are told of by what they give. */
const streams = new Map([
  ['getJobEvents', 'jobEvents'],
  ['getAllJobEvents', 'allJobEvents'],
]);
/** They set a cookie, which browsers keep. */
const ofBrowsers = ['createSession', 'getSession', 'deleteSession'];

test('every operation has a method of its name, except those of browsers', () => {
  const methods = new Set(Object.getOwnPropertyNames(MediclipClient.prototype));
  const missing = operationIds.filter((id) => !methods.has(streams.get(id) ?? id));
  expect(missing).toEqual(ofBrowsers);
});

test('DICOM files go out and come in as multipart/related, and a map as float32', async () => {
  const server = await startTestServer();
  const client = new MediclipClient({ baseUrl: server.url });
  const files = [new Uint8Array([1, 13, 10, 45, 45, 2]), new Uint8Array([3])];
  try {
    const link = '</v1/jobs/job-1>; rel="monitor", </v1/jobs/job-2>; rel="monitor"';
    server.answer((response) => {
      response.writeHead(202, { 'content-type': 'application/dicom+json', link }).end('{}');
    });
    expect(await client.scoreStudy('@production', files, { dicomGroups: 'study' })).toEqual({
      answer: {},
      jobIds: ['job-1', 'job-2'],
    });
    const { url, headers, body } = server.requests[0]!;
    expect(url).toBe('/v1/models/%40production/dicomweb/studies?dicomGroups=study');
    server.answer((response) => response.writeHead(200, { 'content-type': headers['content-type']! }).end(body));
    expect(await client.getStudyResults('id', 'segmentation')).toEqual(files);

    const head = JSON.stringify({ outputs: [{ name: 'map', shape: [1, 1, 2] }] });
    const map = new Float32Array([0.25, 0.5]);
    server.answer((response) => {
      const length = { 'inference-header-content-length': String(head.length) };
      response.writeHead(200, length).end(Buffer.concat([Buffer.from(head), Buffer.from(map.buffer)]));
    });
    expect(await client.inferMap('id', files[0]!)).toEqual({ map, height: 1, width: 2 });
  } finally {
    await server.close();
  }
});
