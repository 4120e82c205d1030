/**
 * `node bench/page.mjs [streams|uploads]`: what open streams of events and uploads from the page cost, as tables in
 * Markdown. 200 streams of events are held open, and 20 tabs of one browser; then 500 files and an archive of 300 MB
 * are sent by Chromium to `mediclip serve`, through a connection that is cut once in the middle. Linux only.
 */
import { createWriteStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { findChromium, openBrowser, Visitor } from '@mediclip/testing';
import { startEmbeddedServer } from '../apps/cli/dist/demo/embedded-server.js';
import { noiseArchive, noisePng } from '../apps/cli/dist/end-to-end/testing/large-archive.js';
import { forgetPeak, memoryOfTree, peakResidentMemory, processorSecondsOf, residentMemory } from './process-tree.mjs';

const MiB = 2 ** 20;
const files = 500;
const side = 400;
/** Images of noise in the archive, about 1 MB each. */
const archived = 300;
const archivedSide = 1024;
const streams = 200;
const tabs = 20;
const watchMs = 10_000;

const mib = (bytes) => `${Math.round(bytes / MiB)} MiB`;

/** Passes bytes on to the server; `cutAfter` bytes of one connection it breaks that one, once. */
async function startCutting(port) {
  const proxy = { cutAfter: Number.POSITIVE_INFINITY, cuts: 0 };
  const server = net.createServer((socket) => {
    const onward = net.connect(port, '127.0.0.1');
    let bytes = 0;
    socket.on('data', (part) => {
      bytes += part.length;
      if (bytes < proxy.cutAfter) return;
      proxy.cutAfter = Number.POSITIVE_INFINITY;
      proxy.cuts++;
      socket.destroy();
    });
    socket.pipe(onward).pipe(socket);
    const close = () => {
      socket.destroy();
      onward.destroy();
    };
    for (const end of [socket, onward]) end.on('error', close).on('close', close);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(proxy, { url: `http://127.0.0.1:${server.address().port}`, server });
}

/** Sends what `choose` chooses; prints what that took, and in how many steps the bar of the page was seen. */
async function measureUpload(name, { visitor, server, browser, choose, count, proxy, cutAfter }) {
  const { page } = visitor;
  const before = { server: residentMemory(server.pid), browser: memoryOfTree(browser.process().pid) };
  forgetPeak(server.pid);
  proxy.cutAfter = cutAfter;
  let [browserPeak, heapPeak] = [0, 0];
  const shares = [];
  const begun = performance.now();
  await choose();
  for (let isSending = true; isSending; await sleep(250)) {
    browserPeak = Math.max(browserPeak, memoryOfTree(browser.process().pid));
    heapPeak = Math.max(heapPeak, (await page.metrics()).JSHeapUsedSize);
    const bar = await page.evaluate(`{
      const bar = document.querySelector('section[aria-label="Upload"] progress');
      const text = document.querySelector('section[aria-label="Upload"]')?.textContent ?? '';
      [bar && bar.value / bar.max, text]
    }`);
    if (bar[0] !== null) shares.push(bar[0]);
    isSending = !/Sent\.|Stopped\./.test(bar[1]);
    if (bar[1].includes('Stopped.')) throw new Error(bar[1]);
  }
  const seconds = (performance.now() - begun) / 1000;
  const datasetId = new URL(page.url()).pathname.split('/').at(-1);
  const { counts } = await (await fetch(`${server.baseUrl}/v1/datasets/${datasetId}`)).json();
  console.log(
    `| ${name} | ${counts.total} of ${count}, ${proxy.cuts} cut | ${seconds.toFixed(0)} s | ${new Set(shares).size} | ` +
      `${mib(peakResidentMemory(server.pid) - before.server)} | ${mib(browserPeak - before.browser)} | ${mib(heapPeak)} |`,
  );
  proxy.cuts = 0;
}

const wanted = process.argv[2];
const folder = mkdtempSync(path.join(tmpdir(), 'mediclip-bench-'));
const executablePath = await findChromium();
if (executablePath === null) throw new Error('This needs Chromium.');
process.env.MEDICLIP_RATE_LIMIT_PER_MINUTE = '1000000';
const server = await startEmbeddedServer(path.join(folder, 'data'));
const proxy = await startCutting(Number(new URL(server.baseUrl).port));
const browser = await openBrowser(executablePath);
try {
  if (wanted !== 'uploads') await measureStreams();
  if (wanted !== 'streams') await measureUploads();
} finally {
  await browser.close();
  proxy.server.close();
  await server.stop();
  rmSync(folder, { recursive: true });
}

async function measureStreams() {
  console.log('| open | streams | server, more memory | processor |');
  console.log('|---|---|---|---|');
  const rest = residentMemory(server.pid);
  const ends = new AbortController();
  let open = 0;
  for (let i = 0; i < streams; i++) {
    const { ok, body } = await fetch(`${server.baseUrl}/v1/jobs/events`, { signal: ends.signal });
    if (ok) open++;
    void body.pipeTo(new WritableStream()).catch(() => undefined);
  }
  await report(`${streams} programs that follow the jobs`, open, rest);
  ends.abort();
  await sleep(1000);

  const context = await browser.createBrowserContext();
  let asked = 0;
  const restOfTabs = residentMemory(server.pid);
  for (let i = 0; i < tabs; i++) {
    const page = await context.newPage();
    page.on('request', (request) => request.url().endsWith('/v1/jobs/events') && asked++);
    await page.goto(`${server.baseUrl}/`);
    await page.waitForSelector('h2');
  }
  await report(`${tabs} tabs of one browser`, asked, restOfTabs);
}

async function measureUploads() {
  const pictures = Array.from({ length: files }, (_, i) => path.join(folder, `${i}.png`));
  for (const file of pictures) writeFileSync(file, noisePng(side));
  const archive = path.join(folder, 'pictures.tar');
  await pipeline(noiseArchive(archived, archivedSide), createWriteStream(archive));

  console.log(
    '| upload from the page | stored | time | steps of the bar | server, more at most | browser, more at most | script memory |',
  );
  console.log('|---|---|---|---|---|---|---|');
  const visitor = await Visitor.arrive(browser, proxy.url);
  const shared = { visitor, server, browser, proxy };
  await visitor.press('Start with an empty data set');
  await measureUpload(`${files} files of ${Math.round((side * side) / 1000)} kB`, {
    ...shared,
    count: files,
    cutAfter: 2 * MiB,
    choose: async () => {
      await visitor.choose('Normal, to learn from', pictures);
      await visitor.press(`Send ${files} pictures`);
    },
  });
  await visitor.page.goto(`${proxy.url}/`);
  await visitor.press('Start with an empty data set');
  await measureUpload(`an archive of ${Math.round((archived * archivedSide ** 2) / 1e6)} MB`, {
    ...shared,
    count: archived,
    cutAfter: 150 * MiB,
    choose: async () => {
      await visitor.choose('Normal, to learn from', [archive]);
      await visitor.press(`Send ${archived} pictures`);
    },
  });
  await visitor.page.close();
}

async function report(name, open, rest) {
  const before = processorSecondsOf(server.pid);
  await sleep(watchMs);
  const share = (100_000 * (processorSecondsOf(server.pid) - before)) / watchMs;
  console.log(`| ${name} | ${open} | ${mib(residentMemory(server.pid) - rest)} | ${share.toFixed(1)} % of a core |`);
}
