import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { findChromium, openBrowser, temporaryFolder } from '@mediclip/testing';
import axe from 'axe-core';
import type { Browser, Page } from 'puppeteer-core';
import { exampleReport } from '../testing/example-report.js';
import { renderReport } from './render-report.js';
import type { ReportData } from './report-data.js';

const executablePath = await findChromium();
const folder = temporaryFolder();
const longName = `patient-${'0123456789abcdef'.repeat(8)}.png`;

const reports: Record<string, ReportData> = {
  'with everything': exampleReport,
  'with names that never break': {
    ...exampleReport,
    modelName: longName,
    dataset: { ...exampleReport.dataset, name: longName, digest: 'ab'.repeat(32) },
    cases: Array.from({ length: 6 }, () => ({ ...exampleReport.cases[0]!, name: longName })),
    modelCard: [{ name: 'Backbone', value: `lite (${'cd'.repeat(32)})` }],
  },
  'with nothing known': {
    modelName: 'm',
    createdAt: exampleReport.createdAt,
    dataset: exampleReport.dataset,
    scores: [],
    image: exampleReport.image,
    regionThreshold: 0.5,
    cases: [],
    history: [],
    modelCard: [],
  },
};

const views = [
  { name: 'a phone', width: 390, height: 844, media: 'screen' },
  { name: 'a desk', width: 1200, height: 900, media: 'screen' },
  { name: 'paper', width: 794, height: 1123, media: 'print' },
] as const;

let browser: Browser;

beforeAll(async () => {
  if (executablePath !== null) browser = await openBrowser(executablePath);
});

afterAll(() => browser?.close());

interface Opened {
  readonly page: Page;
  /** Errors and warnings of the console, exceptions, and requests for anything but the page itself. */
  readonly faults: string[];
}

async function open(report: ReportData, { width, height, media }: (typeof views)[number]): Promise<Opened> {
  const file = path.join(folder, 'report.html');
  writeFileSync(file, renderReport(report));
  const page = await browser.newPage();
  const faults: string[] = [];
  page.on('console', (message) => faults.push(`console: ${message.text()}`));
  page.on('pageerror', (error) => faults.push(`exception: ${String(error)}`));
  const url = pathToFileURL(file).href;
  page.on('request', (request) => {
    if (request.url() !== url && !request.url().startsWith('data:')) faults.push(`request: ${request.url()}`);
  });
  await page.setViewport({ width, height });
  await page.emulateMediaType(media);
  await page.goto(url);
  return { page, faults };
}

/** For the page: how far anything reaches beyond the right edge, in pixels, and which pictures are not shown. */
const look = `(() => {
  const { clientWidth, scrollWidth } = document.documentElement;
  const beyond = [...document.body.querySelectorAll('*')]
    .filter((element) => element.getBoundingClientRect().right > clientWidth + 1)
    .map((element) => element.outerHTML.slice(0, 80));
  const broken = [...document.images].filter(({ naturalWidth }) => naturalWidth === 0).map(({ alt }) => alt);
  return { overflow: scrollWidth - clientWidth, beyond, broken };
})()`;

(executablePath === null ? describe.skip : describe).each(Object.keys(reports))('a report %s in a browser', (name) => {
  test.each(views)('is all there, nowhere too wide and without a fault that axe knows on $name', async (view) => {
    const { page, faults } = await open(reports[name]!, view);
    expect(await page.evaluate(look)).toEqual({ overflow: 0, beyond: [], broken: [] });
    const screenshot = Buffer.from(await page.screenshot({ fullPage: true }));
    expect(screenshot.subarray(1, 4).toString()).toBe('PNG');
    expect(screenshot.readUInt32BE(16)).toBe(view.width);
    expect(screenshot.readUInt32BE(20)).toBeGreaterThan(view.height);
    expect(faults).toEqual([]);
    if (view.media === 'screen') {
      await page.evaluate(axe.source);
      const { violations, passes } = (await page.evaluate('axe.run()')) as axe.AxeResults;
      expect(violations.map(({ id, nodes }) => [id, nodes[0]?.html])).toEqual([]);
      expect(passes.length).toBeGreaterThan(10);
    }
    await page.close();
  });
});

(executablePath === null ? describe.skip : describe)('a report in a browser', () => {
  test('is dark on a screen for who reads in the dark, and never on paper', async () => {
    const { page, faults } = await open(exampleReport, views[1]);
    const paper = () => page.evaluate('getComputedStyle(document.body).backgroundColor');
    expect(await paper()).toBe('rgb(255, 255, 255)');
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'dark' }]);
    expect(await paper()).toBe('rgb(20, 23, 26)');
    await page.evaluate(axe.source);
    const { violations } = (await page.evaluate(`axe.run({ runOnly: ['color-contrast'] })`)) as axe.AxeResults;
    expect(violations.map(({ id, nodes }) => [id, nodes[0]?.html])).toEqual([]);
    await page.emulateMediaType('print');
    expect(await paper()).toBe('rgb(255, 255, 255)');
    expect(faults).toEqual([]);
    await page.close();
  });
});
