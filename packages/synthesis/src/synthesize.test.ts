import { describe, expect, test } from '@jest/globals';
import { resolveAdaptationOptions } from '@mediclip/contracts';
import fc from 'fast-check';
import type { NormalImage } from './image.js';
import type { SynthesisOptions, SynthesisTask } from './options.js';
import { RandomStream } from './random/random-stream.js';
import { synthesize } from './synthesize.js';
import { expectShare } from './testing/statistics.js';

const { synthesis: defaults } = resolveAdaptationOptions();
const tasks = Object.keys(defaults.tasks) as SynthesisTask[];

function only(task: SynthesisTask, secondAnomalyProbability = 0.5): SynthesisOptions {
  const shares = Object.fromEntries(tasks.map((name) => [name, name === task ? 1 : 0]));
  return { tasks: shares as SynthesisOptions['tasks'], secondAnomalyProbability };
}

function noise(side: number, seed: number): NormalImage {
  const random = new RandomStream(seed, 0, 0);
  return { width: side, height: side, data: Uint8Array.from({ length: side * side }, () => random.integer(0, 256)) };
}

function inColour({ width, height, data }: NormalImage, colour: (value: number) => number[]): NormalImage {
  return { width, height, data: Uint8Array.from([...data].flatMap(colour)) };
}

const scene = fc.record({
  task: fc.constantFrom(...tasks),
  side: fc.integer({ min: 32, max: 48 }),
  seed: fc.nat(),
  step: fc.nat(),
  sample: fc.nat(),
});

describe.each(tasks)('%s', (task) => {
  test('twice the same arguments give the same bytes, whatever happens in between', () => {
    fc.assert(
      fc.property(scene, ({ side, seed, step, sample }) => {
        const support = [noise(side, 1), noise(side, 2)];
        const make = () => synthesize(support[0]!, support, new RandomStream(seed, step, sample), only(task));
        const first = make();
        synthesize(support[1]!, support, new RandomStream(seed, step, sample + 1), defaults);
        const second = make();
        expect(second.image.join()).toBe(first.image.join());
        expect(second.mask.join()).toBe(first.mask.join());
      }),
      { numRuns: 10 },
    );
  });

  test('three equal channels become what the grey image becomes, under the same labels', () => {
    fc.assert(
      fc.property(scene, ({ side, seed, step, sample }) => {
        const greys = [noise(side, 1), noise(side, 2)];
        const colours = greys.map((grey) => inColour(grey, (value) => [value, value, value]));
        const make = (images: NormalImage[]) =>
          synthesize(images[0]!, images, new RandomStream(seed, step, sample), only(task));
        const [grey, colour] = [make(greys), make(colours)];
        expect(colour.mask.join()).toBe(grey.mask.join());
        expect(colour.image.join()).toBe([...grey.image].flatMap((value) => [value, value, value]).join());
      }),
      { numRuns: 10 },
    );
  });

  test('each channel of a colour image changes as a grey image of its own', () => {
    fc.assert(
      fc.property(scene, ({ side, seed, step, sample }) => {
        const greys = [noise(side, 1), noise(side, 2)];
        const half = greys.map((grey) => ({ ...grey, data: grey.data.map((value) => value >> 1) }));
        const colours = greys.map((grey) => inColour(grey, (value) => [value, value >> 1, value]));
        const make = (images: NormalImage[]) =>
          synthesize(images[0]!, images, new RandomStream(seed, step, sample), only(task)).image;
        const [whole, halved, colour] = [make(greys), make(half), make(colours)];
        expect(colour.join()).toBe([...whole].flatMap((value, i) => [value, halved[i]!, value]).join());
      }),
      { numRuns: 10 },
    );
  });

  test('labels lie in 0 to 1, and pixels without a label are untouched, as are the images given', () => {
    fc.assert(
      fc.property(scene, ({ side, seed, step, sample }) => {
        const support = [noise(side, 1), noise(side, 2)];
        const random = new RandomStream(seed, step, sample);
        const { image, mask, task: drawn } = synthesize(support[0]!, support, random, only(task));
        expect(drawn).toBe(task);
        expect(support.map(({ data }) => data.join())).toEqual([1, 2].map((from) => noise(side, from).data.join()));
        expect(mask.every((label) => label >= 0 && label <= 1)).toBe(true);
        expect(image.every((value, i) => mask[i]! > 0 || value === support[0]!.data[i])).toBe(true);
      }),
      { numRuns: 10 },
    );
  });

  test('another step or sample gives another image', () => {
    const image = noise(64, 1);
    const make = (step: number, sample: number) =>
      synthesize(image, [image], new RandomStream(3, step, sample), only(task)).image;
    const changes = [make(0, 1), make(1, 0), make(1, 1)].map((other) => other.join() !== make(0, 0).join());
    expect(changes).toEqual(new Array(3).fill(task !== 'identity'));
  });
});

test('identity returns a copy with an empty label', () => {
  const image = noise(40, 1);
  const sample = synthesize(image, [], new RandomStream(0, 0, 0), only('identity'));
  expect(sample.image).toEqual(image.data);
  expect(sample.image).not.toBe(image.data);
  expect(sample.mask).toEqual(new Float32Array(40 * 40));
});

test('a second anomaly follows with its probability', () => {
  const image = noise(64, 1);
  const labelled = (probability: number) =>
    Array.from({ length: 60 }, (_, sample) => {
      const options = only('sinkDeformation', probability);
      const { mask } = synthesize(image, [], new RandomStream(4, 0, sample), options);
      return mask.reduce((sum, label) => sum + label, 0);
    });
  const one = labelled(0);
  const two = labelled(1);
  const half = labelled(0.5);
  expectShare(
    half.map((pixels, i) => pixels !== one[i]),
    0.5,
  );
  half.forEach((pixels, i) => {
    expect([one[i], two[i]]).toContain(pixels);
  });
});

test('content is cut from every support image', () => {
  const flat = (level: number): NormalImage => ({ width: 32, height: 32, data: new Uint8Array(1024).fill(level) });
  const levels = new Set<number>();
  for (let sample = 0; sample < 40; sample++) {
    const random = new RandomStream(5, 0, sample);
    for (const level of synthesize(flat(10), [flat(50), flat(60)], random, only('cutPaste', 0)).image)
      levels.add(level);
  }
  expect([...levels].sort()).toEqual([10, 50, 60]);
});

describe('synthesize refuses', () => {
  const square = noise(32, 1);
  const random = new RandomStream(0, 0, 0);

  test.each<{ what: string; image: NormalImage; support: NormalImage[]; message: string }>([
    {
      what: 'an image that is no square',
      image: { width: 32, height: 40, data: new Uint8Array(1280) },
      support: [square],
      message: 'The image is 32 x 40; resize it to a square of at least 32 pixels.',
    },
    {
      what: 'an image too small for the smallest anomaly',
      image: noise(31, 1),
      support: [noise(31, 1)],
      message: 'The image is 31 x 31; resize it to a square of at least 32 pixels.',
    },
    {
      what: 'a support image of another side',
      image: square,
      support: [square, noise(33, 1)],
      message: 'A support image has side 33, the image 32; resize them alike.',
    },
    {
      what: 'pixels that do not fill the image',
      image: { width: 32, height: 32, data: new Uint8Array(1023) },
      support: [square],
      message: 'The image has 1023 values, not 32 x 32; pass one or three for each pixel.',
    },
    {
      what: 'cut-paste without a support image',
      image: square,
      support: [],
      message: 'Cut-paste has no image to cut from; pass the normal images as support.',
    },
  ])('$what', ({ image, support, message }) => {
    expect(() => synthesize(image, support, random, defaults)).toThrow(new RangeError(message));
  });

  test('options that are no probabilities', () => {
    expect(() => synthesize(square, [square], random, only('identity', 2))).toThrow(RangeError);
  });
});
