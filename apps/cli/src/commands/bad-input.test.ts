import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { goldenPath, temporaryFolder } from '@mediclip/testing';
import { exampleFolder, exampleImages, folderWith, imagesFolder, quickOptions } from '../testing/example-set.js';
import { greyPng } from '../testing/png.js';
import { mediclip } from '../testing/run-mediclip.js';

const quick = ['--options', quickOptions(1)];
const allFour = [...quick, '--shots', '4'];
const good = exampleImages('train/normal', 3);

/** Runs the command in vain: one sentence on standard error, nothing on standard output. Returns the sentence. */
async function refusal(args: readonly string[]): Promise<string> {
  const { end, stdout, stderr } = await mediclip(args);
  expect({ end, stdout }).toEqual({ end: 1, stdout: '' });
  const [, sentence] =
    /^(?:No known layout: [^\n]+\n|The layout [^\n]+\n|Left out: [^\n]+\n)*(?:mediclip|error): ([^\n]+)\n$/.exec(
      stderr,
    ) ?? [];
  if (sentence === undefined) throw new Error(`That is not one sentence: ${stderr}`);
  return sentence;
}

/** The same for an adaptation, which leaves nothing behind. */
async function refusedAdaptation(folder: string, ...more: string[]): Promise<string> {
  const place = temporaryFolder();
  const sentence = await refusal(['adapt', folder, '--out', path.join(place, 'model'), ...more]);
  expect(readdirSync(place)).toEqual([]);
  return sentence;
}

/** Three good images and one more. */
function folderWithOneMore(name: string, bytes: Uint8Array): { folder: string; file: string } {
  const folder = imagesFolder(good);
  const file = path.join(folder, name);
  writeFileSync(file, bytes);
  return { folder, file };
}

describe('images that cannot be used', () => {
  test('a folder without normal images', async () => {
    const folder = temporaryFolder();
    mkdirSync(path.join(folder, 'test', 'abnormal'), { recursive: true });
    expect(await refusedAdaptation(folder)).toBe(
      'There are no normal training images: add some, or name another folder or data set.',
    );
  });

  test('an empty folder, a file, nothing', async () => {
    const folder = temporaryFolder();
    expect(await refusedAdaptation(folder)).toMatch(/ holds no images: put normal images into it/);
    expect(await refusedAdaptation(good[0]!)).toMatch(/ is no folder: name a folder of images\.$/);
    expect(await refusedAdaptation(path.join(folder, 'none'))).toMatch(/^There is no folder .*: name a folder/);
  });

  test('fewer normal images than shots', async () => {
    expect(await refusedAdaptation(imagesFolder(good), '--shots', '4')).toBe(
      'There are 3 normal training images but 4 shots were asked for: add images or lower the shots.',
    );
  });

  test('a truncated JPEG among good ones', async () => {
    const jpeg = readFileSync(goldenPath('preprocess/input/big.jpg'));
    const { folder, file } = folderWithOneMore('a.jpg', jpeg.subarray(0, jpeg.length / 2));
    expect(await refusedAdaptation(folder, ...allFour)).toMatch(
      new RegExp(`^${file}: The JPEG file is damaged or cut short \\(.*\\); save it anew or leave it out\\.$`),
    );
  });

  test('an image of 1 x 1 pixels', async () => {
    const { folder, file } = folderWithOneMore('dot.png', greyPng(1, 1));
    expect(await refusedAdaptation(folder, ...allFour)).toBe(
      `${file}: The image has 1 x 1 pixels and each side needs at least 8; send a larger one.`,
    );
  });

  test('an image of 30,000 x 30,000 pixels in a few kilobytes', async () => {
    const png = greyPng(30_000, 30_000, 2 ** 22);
    expect(png.length).toBeLessThan(8192);
    const { folder, file } = folderWithOneMore('huge.png', png);
    expect(await refusedAdaptation(folder, ...allFour)).toMatch(
      new RegExp(
        `^${file}: The image has 30000 x 30000 pixels and the limit is \\d+; reduce it or raise the limit\\.$`,
      ),
    );
  });

  test('sample lists that cannot be read, or lead elsewhere', async () => {
    const listed = (line: string) => folderWith({ 'samples/train.json': line, 'images/a.png': readFileSync(good[0]!) });
    expect(await refusedAdaptation(listed('{"filename": "a.png", "label": 0}\n{"label": 0}\n'))).toMatch(
      /train\.json:2 is no sample: write a JSON object/,
    );
    expect(await refusedAdaptation(listed('{"filename": "../../a.png", "label": 0}'))).toMatch(
      /which lies outside .*: keep the images inside\.$/,
    );
    expect(await refusedAdaptation(listed('{"filename": "b.png", "label": 0}'), '--shots', '1')).toMatch(
      /^Cannot read .*b\.png \(ENOENT\): check its name and permissions\.$/,
    );
  });
});

describe('options that do not fit', () => {
  test.each([
    [['--epochs', '0'], 'The option training.epochs does not fit: Too small: expected number to be >=1.'],
    [['--shots', 'many'], 'The option shots does not fit: Invalid input: expected number, received NaN.'],
    [['--pooling', 'mean'], 'The option scoring.pooling does not fit: Invalid option: expected one of "max"|"top".'],
    [['--backbone', 'vgg'], /^There is no backbone "vgg"; choose one of lite, /],
    [
      ['--backbone', 'openai-rn50'],
      /^The weights of "openai-rn50" are not here; bring them with `mediclip weights`, or put open_clip_model/,
    ],
    [
      ['--device', 'tpu'],
      /^option '--device <device>' argument 'tpu' is invalid\. Choose auto, cpu, cuda or cuda:N\.$/,
    ],
    [
      ['--threads', '0'],
      /^option '--threads <number>' argument '0' is invalid\. Choose a whole number from 1 to 256\.$/,
    ],
    [
      ['--device', 'cuda:99', '--shots', '3'],
      /^The device cuda:99 did not load \(.*\); .* or choose the device cpu\.$/,
    ],
    [['--resume'], /^There is no stopped run at .*model\.partial: leave out --resume to start one\.$/],
    [['--options', 'none.json'], /^Cannot read the options in none\.json \(.*\): write one JSON object\.$/],
  ])('%j', async (flags, sentence) => {
    const refused = await refusedAdaptation(imagesFolder(good), ...flags);
    if (typeof sentence === 'string') expect(refused).toBe(sentence);
    else expect(refused).toMatch(sentence);
  });

  test.each([
    ['[]', /are no JSON object: write one\.$/],
    ['{', /^Cannot read the options in .*: write one JSON object\.$/],
    ['{"training": 3}', /^The option training does not fit: Invalid input: expected object, received number\.$/],
    ['{"epoch": 3}', /^The option given does not fit: Unrecognized key: "epoch"\.$/],
  ])('an options file of %s', async (content, sentence) => {
    const file = path.join(folderWith({ 'options.json': content }), 'options.json');
    expect(await refusedAdaptation(exampleFolder, '--options', file)).toMatch(sentence);
  });

  test('weights with a wrong digest', async () => {
    const models = folderWith({
      'openai-rn50/open_clip_model.safetensors': 'weights',
      'openai-rn50/SHA256SUMS': `${'0'.repeat(64)}  open_clip_model.safetensors\n`,
    });
    const flags = ['--backbone', 'openai-rn50', '--models-dir', models, ...quick];
    expect(await refusedAdaptation(imagesFolder(good), ...flags)).toMatch(
      /^The weights in .*open_clip_model\.safetensors have been changed or damaged; fetch them again \(.*\)\.$/,
    );
  });
});

describe('places', () => {
  test('what is there is not replaced unasked, and only a detector is replaced at all', async () => {
    const place = folderWith({ 'model/thesis.txt': 'years of work' });
    const out = path.join(place, 'model');
    expect(await refusal(['adapt', exampleFolder, '--out', out])).toBe(
      `${out} exists: name another place with --out, or replace it with --overwrite.`,
    );
    expect(await refusal(['adapt', exampleFolder, '--out', out, '--overwrite'])).toBe(
      `${out} is no detector and is not replaced: name another place with --out.`,
    );
    expect(readdirSync(out)).toEqual(['thesis.txt']);
    expect(readdirSync(place)).toEqual(['model']);
  });

  test('a stopped run is not started again unasked', async () => {
    const place = folderWith({ 'model.partial/training/checkpoint': 'hours of work' });
    const out = path.join(place, 'model');
    expect(await refusal(['adapt', exampleFolder, '--out', out])).toMatch(
      /^A stopped run is at .*: add --resume to go on with it, or --overwrite to start again\.$/,
    );
    expect(existsSync(path.join(place, 'model.partial/training/checkpoint'))).toBe(true);
  });

  test('a folder that may not be made', async () => {
    const out = path.join(good[0]!, 'model');
    expect(await refusal(['adapt', imagesFolder(good), '--out', out, ...quick])).toMatch(
      /^ENOTDIR: not a directory, .*: check that place, its permissions and its free space\.$/,
    );
  });

  test.each(['score', 'evaluate'])('%s with a folder that is no detector', async (command) => {
    expect(await refusal([command, exampleFolder, exampleFolder])).toBe(
      `${exampleFolder} holds no detector: name a folder that \`mediclip adapt\` made.`,
    );
  });

  test('two images of one name are not drawn over each other', async () => {
    const place = temporaryFolder();
    const maps = path.join(place, 'maps');
    expect(await refusal(['score', exampleFolder, 'a/x.png', 'b/x.jpg', '--maps', maps])).toBe(
      'Two files are named x: score them into different --maps folders.',
    );
    expect(readdirSync(place)).toEqual([]);
  });
});

test('a missing argument, an unknown command', async () => {
  expect(await refusal(['adapt'])).toBe("missing required argument 'folder'");
  expect(await refusal(['learn'])).toBe("unknown command 'learn'");
});
