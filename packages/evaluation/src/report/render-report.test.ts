import { describe, expect, test } from '@jest/globals';
import { type DefaultTreeAdapterTypes, parse } from 'parse5';
import { compareModels } from '../image/compare-models.js';
import { imageMetrics } from '../image/image-metrics.js';
import { intendedUse, misuse } from '../model-card/model-card.js';
import { exampleReport as data } from '../testing/example-report.js';
import { renderReport } from './render-report.js';
import type { ReportData } from './report-data.js';
import { palettes } from './style.js';
import { withoutImages } from './without-images.js';
import { figureInWords } from './words.js';

type Element = DefaultTreeAdapterTypes.Element;

const { scores } = data;

function elementsOf(page: string): Element[] {
  const errors: string[] = [];
  const document = parse(page, { onParseError: ({ code }) => errors.push(code) });
  expect(errors).toEqual([]);
  const walk = (node: DefaultTreeAdapterTypes.ParentNode): Element[] =>
    node.childNodes.flatMap((child) => ('tagName' in child ? [child, ...walk(child)] : []));
  return walk(document);
}

function attribute({ attrs }: Element, name: string): string | undefined {
  return attrs.find((one) => one.name === name)?.value;
}

function textOf(node: DefaultTreeAdapterTypes.ChildNode | Element): string {
  if ('value' in node) return node.value;
  return 'childNodes' in node ? node.childNodes.map(textOf).join('') : '';
}

/** The page without its pictures, whose letters may spell anything. */
function withoutPictures(page: string): string {
  return page.replaceAll(/data:image\/png;base64,[^"]*/g, '');
}

function bodyText(page: string): string {
  const body = elementsOf(page).find(({ tagName }) => tagName === 'body');
  return textOf(body!).replaceAll(/\s+/g, ' ');
}

/** Contrast of two #rrggbb colours as WCAG 2.2 defines it. */
function contrast(one: string, other: string): number {
  const luminance = (colour: string) => {
    const linear = (start: number) => {
      const share = Number.parseInt(colour.slice(start, start + 2), 16) / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    };
    return 0.2126 * linear(1) + 0.7152 * linear(3) + 0.0722 * linear(5);
  };
  const [a, b] = [luminance(one), luminance(other)];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}

describe('the report', () => {
  test('is well-formed, and every id is there once', () => {
    const elements = elementsOf(renderReport(data));
    const ids = elements.map((element) => attribute(element, 'id')).filter((id) => id !== undefined);
    expect(new Set(ids).size).toBe(ids.length);
    const named = elements.flatMap((element) => attribute(element, 'aria-labelledby')?.split(' ') ?? []);
    expect(named.length).toBeGreaterThan(10);
    for (const name of named) expect(ids).toContain(name);
  });

  test('asks nothing of the network and runs no script', () => {
    const page = renderReport(data);
    expect(page).not.toMatch(/https?:|url\(|@import|<script|<link|<iframe/);
    for (const element of elementsOf(page)) {
      for (const name of ['src', 'href']) expect(attribute(element, name) ?? 'data:').toMatch(/^data:/);
    }
  });

  test('says in words what every picture and plot shows', () => {
    const elements = elementsOf(renderReport(data));
    const images = elements.filter(({ tagName }) => tagName === 'img');
    expect(images.map((image) => attribute(image, 'alt'))).toEqual([
      'hand.png: the image',
      'a.png: the image',
      'a.png: the anomaly map over the image',
      'a.png: the true mask',
      '"b".png: the image',
      '"b".png: the anomaly map over the image',
    ]);
    expect(attribute(images[3]!, 'src')).toBe(
      `data:image/png;base64,${Buffer.from(data.cases[0]!.mask!).toString('base64')}`,
    );
    const plots = elements.filter(({ tagName }) => tagName === 'svg');
    expect(plots).toHaveLength(5);
    for (const plot of plots) {
      expect(attribute(plot, 'role')).toBe('img');
      const words = plot.childNodes.some((child) => 'tagName' in child && /^(title|desc)$/.test(child.tagName));
      expect(words).toBe(true);
    }
  });

  test('plots only numbers', () => {
    const page = renderReport(data);
    expect(withoutPictures(page)).not.toMatch(/NaN|Infinity|undefined|\[object/);
  });

  test('headings go down one level at a time', () => {
    const levels = elementsOf(renderReport(data)).flatMap(({ tagName }) => /^h([1-6])$/.exec(tagName)?.[1] ?? []);
    expect(levels[0]).toBe('1');
    levels.slice(1).forEach((level, i) => {
      expect(Number(level) - Number(levels[i])).toBeLessThanOrEqual(1);
    });
  });

  test.each(['light', 'dark'] as const)('texts can be read in the %s: a contrast of at least 4.5', (light) => {
    const { paper, panel, ink, quiet, link, normal, abnormal } = palettes[light];
    for (const text of [ink, quiet, link, normal, abnormal]) {
      for (const ground of [paper, panel]) expect(contrast(text, ground)).toBeGreaterThanOrEqual(4.5);
    }
  });

  test('escapes what people named', () => {
    const page = renderReport(data);
    expect(page).not.toContain('<b>');
    const heading = elementsOf(page).find(({ tagName }) => tagName === 'h1');
    expect(textOf(heading!)).toBe('Evaluation of brain <b>&"one"</b> on test set');
  });

  test('counts decisions at the calibrated threshold and says how sure they are', () => {
    const flagged = scores.filter(({ score, abnormal }) => abnormal && score > 0.5).length;
    const abnormal = scores.filter((one) => one.abnormal).length;
    const text = bodyText(renderReport(data));
    expect(text).toContain(`With the threshold 0.500 the model flags ${flagged} of ${abnormal} abnormal images (`);
    expect(text).toContain('at most 5% of new normal images like them are flagged');
    expect(text).toContain('1 image could not be scored');
    expect(text).toContain('not a medical device');
    expect(text).toContain(`Intended use. ${intendedUse}`);
    expect(text).toContain(`Must not be used for. ${misuse}`);
  });

  test('goes by a threshold set by hand before the calibrated one, and says that it has no guarantee', () => {
    const text = bodyText(renderReport({ ...data, manualThreshold: { threshold: 0.2 } }));
    expect(text).toContain('With the threshold 0.200 the model flags');
    expect(text).toContain('It was set by hand: it has no guarantee.');
    expect(text).not.toContain('of new normal images like them are flagged');
  });

  test('says which images are of another kind than the model knows, and the AUROC without them', () => {
    const text = bodyText(renderReport(data));
    expect(text).toContain(
      '3 of the 24 test images are not the kind of image that the model knows: their scores say nothing about disease.',
    );
    expect(text).toContain(`Without them the AUROC is ${figureInWords(data.foreign!.aurocWithout)}.`);
    expect(text).toContain('hand.png · normal · another kind of image');
    expect(text).toContain('nega<tive.png · abnormal · its greys look inverted');
    expect(text).toContain('1 more image of another kind.');
    const [one] = data.foreign!.cases;
    const single = { ...data.foreign!, count: 1, cases: [one!] };
    expect(bodyText(renderReport({ ...data, foreign: single }))).toContain('Without it the AUROC is');
    const none = bodyText(renderReport({ ...data, foreign: { ...data.foreign!, count: 0, cases: [] } }));
    expect(none).toContain('None of the 24 test images is of another kind');
    expect(bodyText(renderReport({ ...data, foreign: undefined }))).not.toMatch(/kind (of image )?that the model/);
  });

  test('says what the audit warns of, and how the model stands beside the best trivial cue', () => {
    const text = bodyText(renderReport(data));
    expect(text).toContain('The <ratio> of width to height alone tells the labels apart.');
    expect(text).toMatch(
      /The trivial cue that tells most: the ratio of width to height ?AUROC 0\.860; the model 0\.\d{3}/,
    );
    expect(text).toMatch(/How far the model follows it ?rank correlation \+0\.400, from −1 to \+1/);
    expect(text).toMatch(/AUROC of the model where the cue is nearly equal ?0\.700/);
    expect(text).toMatch(/AUROC without 2 copied test images ?0\.\d{3} \(95% interval/);
    const clean = { warnings: [], withoutCopies: { ...data.audit!.withoutCopies, leftOut: 0 } };
    const none = bodyText(renderReport({ ...data, audit: clean }));
    expect(none).toContain('The audit of the data set found no copies, and no trivial cue');
    expect(none).not.toContain('The trivial cue that tells most');
    const { audit: _, ...unaudited } = data;
    expect(bodyText(renderReport(unaudited))).not.toContain('Can these figures be trusted?');
  });

  test('compares with a baseline in words', () => {
    const text = bodyText(renderReport(data));
    expect(text).toMatch(/baseline of last year \(baseline\) ?0\.\d{3} \(95% interval/);
    expect(text).toMatch(/Difference ?\+0\.\d{3} \(95% interval [+−]0\.\d{3} to \+0\.\d{3}\)/);
    expect(text).toMatch(
      /with a probability of (0\.\d{3}|less than 0\.001) \(DeLong's paired test\)\. (These|On) images/,
    );
    const same = compareModels([1, 2, 3, 4], [1, 2, 3, 4], [false, true, false, true]);
    const comparison = { baselineName: 'b', images: 4, result: same };
    expect(bodyText(renderReport({ ...data, comparison }))).toContain('place every image alike');
  });

  test('has the Dice at the calibrated threshold beside the best one', () => {
    expect(bodyText(renderReport(data))).toMatch(/Dice at the calibrated threshold ?0\.\d{3} .*Threshold 0\.500\./);
  });

  test('says how large the masks are, and from which value on heat is shown', () => {
    const text = bodyText(renderReport(data));
    expect(text).toContain('The masks mark 0.2% to 12% of their images, half of them less than 3.1%.');
    expect(text).toContain('where the map is at least 0.620.');
    expect(bodyText(renderReport({ ...data, dataset: { ...data.dataset, maskShares: undefined } }))).not.toContain(
      'The masks mark',
    );
  });

  test('has as many pictures in each figure of a row', () => {
    const [missed, clear] = data.cases as [ReportData['cases'][number], ReportData['cases'][number]];
    const page = renderReport({ ...data, cases: [missed, { ...clear, group: 'missed' }] });
    const rows = elementsOf(page).filter((element) => attribute(element, 'class') === 'pictures');
    const pictures = rows.map(({ childNodes }) => childNodes.filter((child) => 'tagName' in child).length);
    expect(pictures).toEqual([1, 3, 3]);
    expect(bodyText(page)).toContain('no mask');
  });

  test('says why figures are missing instead of leaving them out', () => {
    const normalOnly = scores.filter(({ abnormal }) => !abnormal);
    const image = imageMetrics(
      normalOnly.map(({ score }) => score),
      normalOnly.map(() => false),
    );
    const bare: ReportData = {
      modelName: 'm',
      createdAt: data.createdAt,
      dataset: { ...data.dataset, rejected: 0 },
      scores: normalOnly,
      image,
      regionThreshold: 0.5,
      cases: [],
      history: [],
      modelCard: [],
    };
    const page = renderReport(bare);
    const text = bodyText(page);
    expect(text).toContain('There is no abnormal image; the figure needs at least one.');
    expect(text).toContain('the model is not calibrated');
    expect(text).toContain('No abnormal image has a mask');
    expect(withoutPictures(page)).not.toMatch(/NaN|Infinity|undefined|\[object/);
    expect(() => renderReport({ ...bare, scores: [], image: imageMetrics([], []) })).not.toThrow();
  });

  test('scores that are all equal still make a plot', () => {
    const equal = scores.map((one) => ({ ...one, score: 0 }));
    const page = renderReport({ ...data, scores: equal, history: [{ epoch: 1, loss: 0 }] });
    expect(withoutPictures(page)).not.toMatch(/NaN|Infinity|undefined/);
  });
});

describe('a report without an image', () => {
  const [one] = data.cases;
  const cases = ['a', 'b'].map((imageId) => ({ ...one!, imageId, name: `${imageId}.png` }));
  const page = renderReport({ ...data, cases });

  test('shows the others, and says that one was deleted', () => {
    const left = withoutImages(page, new Set(['a']));
    expect([left.includes('a.png'), left.includes('data-image="a"'), left.includes('b.png')]).toEqual([
      false,
      false,
      true,
    ]);
    expect(elementsOf(left).filter(({ tagName }) => tagName === 'img')).toHaveLength(4);
    expect(bodyText(left)).toContain('This image was deleted.');
    expect(withoutImages(left, new Set(['a']))).toBe(left);
    expect(withoutImages(page, new Set(['c']))).toBe(page);
  });

  test('does not name an image of another kind that was deleted', () => {
    const left = withoutImages(page, new Set(['f1', 'f2']));
    expect(left).not.toMatch(/hand\.png|tive\.png|data-image="f/);
    expect(left).toContain('a.png');
    expect(bodyText(left).match(/This image was deleted\./g)).toHaveLength(2);
  });

  test('of an earlier version shows none, as nobody knows which', () => {
    const old = renderReport({ ...data, cases: [one!] });
    expect(withoutImages(old, new Set(['a']))).not.toContain(one!.name);
  });
});
