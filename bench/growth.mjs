/**
 * `node bench/growth.mjs [--store s3] [--images 20000] [--jobs 100000] [--models 10000] [--datasets 1000]
 * [--repetitions 5]`: what one image, one page, one count, one job, model and data set cost as there are more of them.
 * On a folder, or on the S3 server of the tests. Milliseconds of the processor in this process and of the clock; the
 * last line of a table says by how much its largest figure exceeds its smallest.
 */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { newId, openStore } from '@mediclip/store';
import { s3Credentials, startS3Server, temporaryFolder } from '@mediclip/testing';
import { imageDescription } from '../packages/store/dist/testing/test-images.js';
import { detectorFolder, modelDescription } from '../packages/store/dist/testing/test-store.js';
import { spreadOf } from './spread.mjs';

/** Images written in one go, and entries of a page that is read. */
const batchSize = 100;
const pageSize = 5;
/** Jobs, models and data sets that are made side by side. */
const madeAtOnce = 16;
/** So long after it was first seen as it is, a folder is read once more, and then no more until it changes. */
const restMs = 250;
/** So long a large folder is read as a whole for each page, until all that write to it tell what they change. */
const listenedToMs = 2500;
/** Of each kind before any is measured, in a tenant of their own. */
const warmUp = 100;
const decades = (most) => [10, 100, 1000, 10_000, 20_000, 100_000].filter((size) => size < most).concat(most);

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

/** What `page` costs when nothing has changed for long enough that the names of a folder are kept. */
async function costAtRest(repetitions, page) {
  await page();
  await new Promise((resolve) => setTimeout(resolve, restMs));
  await page();
  return cost(repetitions, page);
}

/** What `page` costs when something has changed before each, of what changes all the time. */
async function costOfChanging(repetitions, page) {
  for (const begun = performance.now(); performance.now() < begun + listenedToMs; ) {
    await page();
    await new Promise((resolve) => setTimeout(resolve, restMs));
  }
  return cost(repetitions, page);
}

/** Makes `count` more with `create`, and keeps their `ids`. */
async function addTo(ids, count, create) {
  let left = count;
  const addSome = async () => {
    while (left-- > 0) ids.push(await create());
  };
  await Promise.all(Array.from({ length: madeAtOnce }, addSome));
}

/** Figures of a data set that grows to each of the sizes: one more image, counts, one image, a page in the middle. */
async function imageGrowth(store, sizes, repetitions, told, tenant = 'default') {
  const { datasets, images } = store.tenant(tenant);
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
      page: await costAtRest(repetitions, () => images.list(id, { limit: pageSize, cursor: middle })),
    });
    told(rows);
  }
  return rows;
}

/** Figures of so many jobs: one more, one by its id, a page in the middle, and the same after one more has come. */
async function jobGrowth(store, sizes, repetitions, told, tenant = 'jobs') {
  const { datasets, jobs } = store.tenant(tenant);
  const { id: datasetId } = await datasets.create({ name: 'jobs' });
  const asked = { kind: 'audit', request: { datasetId } };
  const ids = [];
  const create = async () => (await jobs.create(asked)).job.id;
  const rows = [];
  for (const size of sizes) {
    const added = size - ids.length;
    const adding = await cost(1, () => addTo(ids, added, create), added);
    const middle = ids[Math.floor(ids.length / 2)];
    const page = () => jobs.list({ limit: pageSize, cursor: middle });
    rows.push({
      size,
      adding,
      one: await cost(repetitions, () => jobs.get(middle)),
      page: await costAtRest(repetitions, page),
      'one more, page': await costOfChanging(repetitions, async () => {
        await jobs.create(asked);
        await page();
      }),
    });
    told(rows);
  }
  return rows;
}

/** Figures of so many of what a tenant has many of: one more, one by its id, a page in the middle. */
async function recordGrowth(records, create, sizes, repetitions, told) {
  const ids = [];
  const rows = [];
  for (const size of sizes) {
    const added = size - ids.length;
    const adding = await cost(1, () => addTo(ids, added, create), added);
    const middle = ids[Math.floor(ids.length / 2)];
    rows.push({
      size,
      adding,
      one: await cost(repetitions, () => records.get(middle)),
      page: await costAtRest(repetitions, () => records.list({ limit: pageSize, cursor: middle })),
    });
    told(rows);
  }
  return rows;
}

/** Data sets without images, of a tenant of their own. */
function datasetGrowth(store, sizes, repetitions, told, tenant = 'datasets') {
  const { datasets } = store.tenant(tenant);
  const create = async () => (await datasets.create({ name: 'empty' })).id;
  return recordGrowth(datasets, create, sizes, repetitions, told);
}

/** Models that were imported, of a tenant of their own. */
function modelGrowth(store, sizes, repetitions, told, tenant = 'models') {
  const { models } = store.tenant(tenant);
  const described = modelDescription(newId(), newId());
  const folder = detectorFolder();
  const create = async () => {
    const createdAt = new Date().toISOString();
    return (await models.addImported(newId(), { ...described, calibration: null, createdAt }, folder)).id;
  };
  return recordGrowth(models, create, sizes, repetitions, told);
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

/** What grows in an empty store, by its name, and up to how many. */
const kinds = {
  images: { grow: imageGrowth, most: 20_000 },
  jobs: { grow: jobGrowth, most: 100_000 },
  models: { grow: modelGrowth, most: 10_000 },
  datasets: { grow: datasetGrowth, most: 1000 },
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const sizes = Object.entries(kinds).map(([name, { most }]) => [name, { type: 'string', default: `${most}` }]);
  const { values } = parseArgs({
    options: {
      store: { type: 'string', default: 'folder' },
      repetitions: { type: 'string', default: '5' },
      ...Object.fromEntries(sizes),
    },
  });
  const onS3 = values.store === 's3';
  if (onS3) Object.assign(process.env, s3Credentials, { AWS_REGION: 'us-east-1' });
  const server = onS3 ? await startS3Server('growth') : undefined;
  const url = server ? `s3://growth/bench?endpoint=${server.endpoint}` : `file://${temporaryFolder()}`;
  const store = openStore(url);
  console.log(`${values.store}: milliseconds of the processor / of the clock`);
  // What runs for the first time costs more, whatever there is.
  for (const { grow } of Object.values(kinds)) await grow(store, [warmUp], 1, () => {}, 'warm-up');
  for (const [name, { grow }] of Object.entries(kinds)) {
    const most = Number(values[name]);
    const told = (rows) => process.stderr.write(`${name}: ${rows.at(-1).size} of ${most}\n`);
    if (most > 0) growthTable(name, await grow(store, decades(most), Number(values.repetitions), told));
  }
  await store.close();
  await server?.stop();
}
