/**
 * `node bench/growth.mjs [--store s3] [--images 20000] [--jobs 100000] [--repetitions 5]`: what one image, one page,
 * one count and one job cost as there are more of them. On a folder, or on the S3 server of the tests. Milliseconds of
 * the processor in this process and of the clock; the last line of a table says by how much its largest figure exceeds
 * its smallest.
 */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { newId, openStore } from '@mediclip/store';
import { s3Credentials, startS3Server, temporaryFolder } from '@mediclip/testing';
import { imageDescription } from '../packages/store/dist/testing/test-images.js';
import { spreadOf } from './spread.mjs';

/** Images written in one go, and entries of a page that is read. */
const batchSize = 100;
const pageSize = 5;
const decades = (most) => [10, 100, 1000, 10_000, 20_000, 100_000].filter((size) => size <= most);

const processorMs = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

/** Median milliseconds, of the processor and of the clock, that one of the `units` of `work` takes. */
async function cost(repetitions, work, units = 1) {
  const [ofProcessor, ofClock] = [[], []];
  for (let repetition = 0; repetition < repetitions; repetition++) {
    const [before, begun] = [processorMs(), performance.now()];
    await work();
    ofClock.push((performance.now() - begun) / units);
    ofProcessor.push((processorMs() - before) / units);
  }
  return { processor: spreadOf(ofProcessor).median, clock: spreadOf(ofClock).median };
}

/** Figures of a data set that grows to each of the sizes: one more image, counts, one image, a page in the middle. */
async function imageGrowth(store, sizes, repetitions) {
  const { datasets, images } = store.tenant('default');
  const { id } = await datasets.create({ name: 'many' });
  const described = imageDescription();
  const place = { uploadId: newId(), file: 0, frame: 0 };
  const image = await images.prepare(id, described, { bytes: new TextEncoder().encode('pixels') }, place);
  const ids = [];
  const commit = async (count) => {
    for (let left = count; left > 0; left -= batchSize) {
      const more = Array.from({ length: Math.min(batchSize, left) }, () => ({ ...image, id: newId() }));
      await images.commit(id, more);
      ids.push(...more.map((one) => one.id));
    }
  };
  const rows = [];
  for (const size of sizes) {
    const added = size - ids.length;
    const adding = await cost(1, () => commit(added), added);
    const middle = ids[Math.floor(ids.length / 2)];
    rows.push({
      size,
      adding,
      counts: await cost(repetitions, () => images.counts(id)),
      one: await cost(repetitions, () => images.get(id, middle)),
      page: await cost(repetitions, () => images.list(id, { limit: pageSize, cursor: middle })),
    });
  }
  return rows;
}

/** Figures of so many jobs: one more, one by its id, a page in the middle, the number of unfinished ones. */
async function jobGrowth(store, sizes, repetitions) {
  const { datasets, jobs } = store.tenant('jobs');
  const { id: datasetId } = await datasets.create({ name: 'jobs' });
  const asked = { kind: 'audit', request: { datasetId } };
  const ids = [];
  const create = async (count) => {
    for (let left = count; left > 0; left--) ids.push((await jobs.create(asked)).job.id);
  };
  const rows = [];
  for (const size of sizes) {
    const added = size - ids.length;
    const adding = await cost(1, () => create(added), added);
    const middle = ids[Math.floor(ids.length / 2)];
    rows.push({
      size,
      adding,
      one: await cost(repetitions, () => jobs.get(middle)),
      page: await cost(repetitions, () => jobs.list({ limit: pageSize, cursor: middle })),
    });
  }
  return rows;
}

/** A table of milliseconds, processor and clock, and how flat each column is. */
export function growthTable(title, rows) {
  const columns = Object.keys(rows[0]).filter((name) => name !== 'size');
  const cell = ({ processor, clock }) => `${processor.toFixed(3)} / ${clock.toFixed(3)}`.padStart(20);
  console.log(`${title.padEnd(12)}${columns.map((name) => name.padStart(20)).join('')}`);
  for (const row of rows) console.log(`${`${row.size}`.padEnd(12)}${columns.map((name) => cell(row[name])).join('')}`);
  const flatness = (name, kind) => {
    const figures = rows.map((row) => row[name][kind]);
    return Math.max(...figures) / Math.min(...figures);
  };
  const ratios = (name) => cell({ processor: flatness(name, 'processor'), clock: flatness(name, 'clock') });
  console.log(`${'factor'.padEnd(12)}${columns.map(ratios).join('')}\n`);
}

/** The tables of a store that is empty. */
export async function growthBench(store, { images = 20_000, jobs = 100_000, repetitions = 5 } = {}) {
  const tables = {};
  if (images > 0)
    tables.images = await imageGrowth(
      store,
      decades(images).filter((size) => size <= 20_000),
      repetitions,
    );
  if (jobs > 0)
    tables.jobs = await jobGrowth(
      store,
      decades(jobs).filter((size) => size !== 20_000),
      repetitions,
    );
  return tables;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: {
      store: { type: 'string', default: 'folder' },
      images: { type: 'string', default: '20000' },
      jobs: { type: 'string', default: '100000' },
      repetitions: { type: 'string', default: '5' },
    },
  });
  const onS3 = values.store === 's3';
  if (onS3) Object.assign(process.env, s3Credentials, { AWS_REGION: 'us-east-1' });
  const server = onS3 ? await startS3Server('growth') : undefined;
  const url = server ? `s3://growth/bench?endpoint=${server.endpoint}` : `file://${temporaryFolder()}`;
  const store = openStore(url);
  const [images, jobs, repetitions] = [values.images, values.jobs, values.repetitions].map(Number);
  const tables = await growthBench(store, { images, jobs, repetitions });
  console.log(`${values.store}: milliseconds of the processor / of the clock`);
  for (const [title, rows] of Object.entries(tables)) growthTable(title, rows);
  await store.close();
  await server?.stop();
}
