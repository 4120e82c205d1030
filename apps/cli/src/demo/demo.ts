import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { fileAt, type LabelledFile, MediclipClient } from '@mediclip/client';
import type { Evaluation, Figure, JobKind, JobOf, ScoringResult } from '@mediclip/contracts';
import { makeFolder } from '@mediclip/files';
import type { DataFolder } from '../folder/data-files.js';
import { readDataFolder } from '../folder/data-folder.js';
import { createOutput, type Output } from '../terminal/output.js';
import { Progress } from '../terminal/progress.js';
import { type DemoCase, demoPage } from './demo-page.js';
import { startEmbeddedServer } from './embedded-server.js';

const examples = fileURLToPath(new URL('../../../../examples/brain-mri', import.meta.url));

export interface DemoFlags {
  readonly out: string;
  /** Whether the server stays until the command is ended, for the page. */
  readonly open: boolean;
}

/**
 * `mediclip demo`: the whole service on the bundled examples, through HTTP: upload, adapt, score, evaluate. Leaves
 * overlays and pages under `out` and prints a table of results.
 */
export async function demo({ out, open }: DemoFlags, signal: AbortSignal): Promise<void> {
  const output = createOutput(false);
  await rm(out, { recursive: true, force: true });
  await makeFolder(path.join(out, 'overlays'));
  output.remark('Starting the embedded server …');
  const server = await startEmbeddedServer(path.join(out, 'data'));
  try {
    const client = new MediclipClient({ baseUrl: server.baseUrl });
    output.remark(`Watch it in a browser: ${server.baseUrl}/; the API is described at ${server.baseUrl}/docs.`);
    const page = await run(client, out, output, signal);
    if (open) {
      output.line(`On the page: ${server.baseUrl}${page}; Ctrl-C ends the server.`);
      if (!signal.aborted) await once(signal, 'abort');
    } else {
      const serve = `MEDICLIP_DATA_DIR=${path.join(out, 'data')} npx mediclip serve`;
      output.line(`On the page: \`${serve}\`, then http://127.0.0.1:8080${page}`);
    }
  } finally {
    await server.stop();
  }
}

/** Answers where on the page the results are. */
async function run(client: MediclipClient, out: string, output: Output, signal: AbortSignal): Promise<string> {
  const folder = await readDataFolder(examples);
  const dataset = await client.createDataset({ name: 'Synthetic brain MRI', modality: 'MR' });
  const { outcomes } = await client.uploadImages(dataset.id, labelled(folder));
  const refused = outcomes.find(({ outcome }) => outcome !== 'stored');
  if (refused) throw new Error(`The example ${refused.fileName} was refused.`);
  output.remark(`Uploaded ${folder.trainNormal.length} normal training images and ${folder.test.length} test images.`);

  const finish = async <K extends JobKind>(job: JobOf<K>, unit: string) => {
    const progress = new Progress(output, unit);
    const onProgress = (step: Parameters<Progress['update']>[0]) => progress.update(step);
    return client.waitForResult(job, { signal, onProgress }).finally(() => progress.stop());
  };
  const { modelId } = await finish(await client.createAdaptation({ datasetId: dataset.id }), 'steps');
  const scoring = await client.createScoring({ modelId, datasetId: dataset.id, split: 'test' });
  await finish(scoring, 'images');
  const evaluationJob = await client.createEvaluation({ modelId, datasetId: dataset.id });
  const { evaluationId } = await finish(evaluationJob, 'images');
  const evaluation = await client.getEvaluation(evaluationId);

  const cases = await saveCases(client, scoring.id, out);
  await writeFile(path.join(out, 'index.html'), demoPage(cases, evaluation));
  await writeFile(path.join(out, 'report.html'), await client.getEvaluationReport(evaluationId));
  for (const line of resultLines(cases, evaluation)) output.line(line);
  output.line(`\nPictures side by side: ${path.join(out, 'index.html')}; report: ${path.join(out, 'report.html')}`);
  return `/app/results/${scoring.id}`;
}

function* labelled({ trainNormal, test }: DataFolder): Generator<LabelledFile> {
  for (const file of trainNormal) yield { ...fileAt(file), split: 'train', label: 'normal' };
  for (const { file, abnormal, mask } of test) {
    const label = abnormal ? 'abnormal' : 'normal';
    yield { ...fileAt(file), split: 'test', label, ...(mask !== undefined && { mask: fileAt(mask) }) };
  }
}

/** Saves the overlay of every scored image; the cases stand from the highest score to the lowest. */
async function saveCases(client: MediclipClient, jobId: string, out: string): Promise<DemoCase[]> {
  const scored: Extract<ScoringResult, { outcome: 'scored' }>[] = [];
  for await (const result of client.listJobResults(jobId)) {
    if (result.outcome === 'rejected') throw new Error(`The example ${result.fileName} could not be scored.`);
    scored.push(result);
  }
  const cases: DemoCase[] = [];
  for (const { imageId, fileName, label, score } of scored.sort((a, b) => b.score - a.score)) {
    const overlay = path.join('overlays', `${path.parse(fileName).name}.png`);
    await writeFile(path.join(out, overlay), await client.getJobResultMap(jobId, imageId, 'image/png'));
    cases.push({ fileName, label, score, overlay });
  }
  return cases;
}

function resultLines(cases: readonly DemoCase[], { images, image, pixel }: Evaluation): string[] {
  const rows: [string, Figure][] = [
    ['image AUROC', image.auroc],
    ['image average precision', image.averagePrecision],
    ['image F1-max', image.f1Max],
    ['pixel AUROC', pixel.auroc],
    ['pixel AUPRO to 30 %', pixel.aupro30],
  ];
  return [
    `\n${images.normal} normal and ${images.abnormal} abnormal test images`,
    ...rows.map(([name, figure]) => `  ${name.padEnd(26)}${figureText(figure)}`),
    '\nhighest and lowest scores',
    ...[...cases.slice(0, 3), ...cases.slice(-3)].map(
      ({ fileName, label, score }) => `  ${score.toFixed(3)}  ${label.padEnd(9)} ${fileName}`,
    ),
  ];
}

function figureText(figure: Figure): string {
  if (figure.value === null) return figure.reason;
  const { value, interval } = figure;
  return `${value.toFixed(3)}${interval ? `  (95 % interval ${interval.low.toFixed(3)} to ${interval.high.toFixed(3)})` : ''}`;
}
