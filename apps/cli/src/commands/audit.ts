import { cueWords } from '@mediclip/audit';
import { createOutput } from '../terminal/output.js';
import type { AuditedFolder, AuditFlags, Workplace } from '../workplace/workplace.js';

/** Cues and groups that the table for people has; the JSON has all. */
const mostRows = 10;

/** `mediclip audit FOLDER`: what makes figures on a folder mislead. */
export async function audit(place: Workplace, folder: string, flags: AuditFlags, signal: AbortSignal): Promise<void> {
  const output = createOutput(flags.json);
  const audited = await place.audit(folder, flags, { output, signal });
  output.event({ event: 'audited', images: audited.images, ...audited.findings });
  for (const line of table(audited)) output.line(line);
}

function table({ images, name, findings: { warnings, copies, cues, normals } }: AuditedFolder): string[] {
  const groups = copies.groups.slice(0, mostRows).map(({ kind, images: alike }) => {
    const names = alike.slice(0, 3).map(({ fileName, label }) => `${fileName} (${label})`);
    const more = alike.length > 3 ? ` and ${alike.length - 3} more` : '';
    return `  ${kind.padEnd(12)} ${names.join(', ')}${more}`;
  });
  const more = copies.groupCount - groups.length;
  return [
    `${name}: ${images} images, ${warnings.length === 0 ? 'nothing found' : `${warnings.length} warnings`}`,
    ...warnings.map(({ sentence }) => `- ${sentence}`),
    ...(normals ? [normals.advice] : []),
    ...outlierLines(normals?.outliers ?? []),
    ...(copies.groupCount > 0 ? ['copies:', ...groups] : []),
    ...(more > 0 ? [`  and ${more} more groups; --json lists them`] : []),
    ...(cues.length > 0 ? ['AUROC of trivial cues on the test images:'] : []),
    ...cues.map(
      ({ cue, auroc, higherIn }) =>
        `  ${auroc.toFixed(3)}  ${cueWords[cue]}${cue === 'format' ? '' : `, higher in ${higherIn} images`}`,
    ),
  ];
}

function outlierLines(outliers: NonNullable<AuditedFolder['findings']['normals']>['outliers']): string[] {
  if (outliers.length === 0) return [];
  const more = outliers.length - mostRows;
  return [
    'normal training images that do not belong:',
    ...outliers.slice(0, mostRows).map(({ kind, fileName }) => `  ${kind.padEnd(12)} ${fileName}`),
    ...(more > 0 ? [`  and ${more} more; --json lists them`] : []),
  ];
}
