import { cueWords } from '@mediclip/audit';
import type { EvaluationAudit, Figure, GroupFigures } from '@mediclip/contracts';
import { createOutput } from '../terminal/output.js';
import type { EvaluatedFolder, EvaluateFlags, Workplace } from '../workplace/workplace.js';

/**
 * `mediclip evaluate MODEL FOLDER`: how well the detector tells the test images of a folder apart, and their pixels.
 */
export async function evaluate(
  place: Workplace,
  model: string,
  folder: string,
  flags: EvaluateFlags,
  signal: AbortSignal,
): Promise<void> {
  const output = createOutput(flags.json);
  const evaluated = await place.evaluate(model, folder, flags, { output, signal });
  const { normal, abnormal, masks, leftOut, copies, learned, image, pixel, groups, foreign, audit, details } =
    evaluated;
  const counts = { masks, leftOut, copies, learned };
  output.event({
    event: 'evaluated',
    ...details,
    ...counts,
    figures: { images: { normal, abnormal }, image, pixel, groups, foreign, audit },
  });
  if (learned > 0) output.remark(`Left out, because the detector has learned from them: ${learned}.`);
  if (copies > 0) output.remark(`Left out, because they are copies of other test images: ${copies}.`);
  const lines = [...table(evaluated), ...groupLines(groups), ...foreignLines(evaluated), ...auditLines(audit)];
  for (const line of lines) output.line(line);
}

function table({ normal, abnormal, masks, leftOut, image, pixel }: EvaluatedFolder): string[] {
  return [
    `images: ${normal} normal, ${abnormal} abnormal`,
    row('image AUROC', image.auroc),
    row('image average precision', image.averagePrecision),
    row('image F1-max', image.f1Max),
    ...(pixel ? [row('pixel AUROC', pixel.auroc), row('pixel average precision', pixel.averagePrecision)] : []),
    ...(pixel && masks < abnormal ? [`masks: ${masks} of ${abnormal} abnormal images`] : []),
    ...(leftOut > 0 ? [`left out: ${leftOut}, see above`] : []),
  ];
}

/** Figures of groups, where images have any. */
function groupLines(groups: GroupFigures | undefined): string[] {
  if (!groups) return [];
  return [
    `groups: ${groups.normal} normal, ${groups.abnormal} abnormal`,
    row('AUROC of groups', groups.auroc),
    row('image AUROC, by groups', groups.imageAuroc),
  ];
}

/** Which images are of another kind, and the AUROC without them. */
function foreignLines({ foreign, normal, abnormal }: EvaluatedFolder): string[] {
  if (foreign === undefined || foreign.count === 0) return [];
  const { count, files, aurocWithout } = foreign;
  return [
    `not the kind of image that this detector knows: ${count} of ${normal + abnormal}, whose scores say nothing about disease`,
    ...files.map((file) => `- ${file}`),
    ...(files.length < count ? [`- and ${count - files.length} more`] : []),
    row('image AUROC without them', aurocWithout),
  ];
}

/** What the audit says of the figures. */
function auditLines({ warnings, withoutCopies, bestCue }: EvaluationAudit): string[] {
  const { leftOut, auroc } = withoutCopies;
  return [
    ...(leftOut > 0 ? [row(`AUROC without ${leftOut} copies`, auroc)] : []),
    ...(bestCue ? [`best trivial cue           ${bestCue.auroc.toFixed(4)}  ${cueWords[bestCue.cue]}`] : []),
    ...warnings.map(({ sentence }) => `- ${sentence}`),
  ];
}

function row(name: string, figure: Figure): string {
  if (figure.value === null) return `${name.padEnd(26)} -       ${figure.reason}`;
  const { value, interval } = figure;
  const range = interval ? `  95 % interval ${interval.low.toFixed(3)} to ${interval.high.toFixed(3)}` : '';
  return `${name.padEnd(26)} ${value.toFixed(4)}${range}`;
}
