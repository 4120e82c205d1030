import path from 'node:path';
import { auditImages, cueWords } from '@mediclip/audit';
import type { AuditFindings } from '@mediclip/contracts';
import { announce, readDataFolder } from '../folder/data-folder.js';
import { readTraits } from '../folder/read-traits.js';
import { createOutput } from '../terminal/output.js';
import { UsageError } from '../usage-error.js';

export interface AuditFlags {
  readonly json: boolean;
}

/** Cues and groups that the table for people has; the JSON has all. */
const mostRows = 10;

/**
 * `mediclip audit FOLDER`: copies within and across training and test images and labels, and trivial cues that tell the
 * labels of the test images apart. An image that cannot be read is left out and said.
 */
export async function audit(folder: string, flags: AuditFlags, signal: AbortSignal): Promise<void> {
  const output = createOutput(flags.json);
  const data = await readDataFolder(folder);
  announce(output, data);
  const images = await readTraits(folder, data, output, signal);
  if (images.length === 0) throw new UsageError(`None of the images of ${folder} could be read: see above.`);
  const { findings } = auditImages(images);
  output.event({ event: 'audited', images: images.length, ...findings });
  for (const line of table(images.length, path.basename(path.resolve(folder)), findings)) output.line(line);
}

function table(images: number, name: string, { warnings, copies, cues }: AuditFindings): string[] {
  const groups = copies.groups.slice(0, mostRows).map(({ kind, images: alike }) => {
    const names = alike.slice(0, 3).map(({ fileName, label }) => `${fileName} (${label})`);
    const more = alike.length > 3 ? ` and ${alike.length - 3} more` : '';
    return `  ${kind.padEnd(12)} ${names.join(', ')}${more}`;
  });
  const more = copies.groupCount - groups.length;
  return [
    `${name}: ${images} images, ${warnings.length === 0 ? 'nothing found' : `${warnings.length} warnings`}`,
    ...warnings.map(({ sentence }) => `- ${sentence}`),
    ...(copies.groupCount > 0 ? ['copies:', ...groups] : []),
    ...(more > 0 ? [`  and ${more} more groups; --json lists them`] : []),
    ...(cues.length > 0 ? ['AUROC of trivial cues on the test images:'] : []),
    ...cues.map(
      ({ cue, auroc, higherIn }) =>
        `  ${auroc.toFixed(3)}  ${cueWords[cue]}${cue === 'format' ? '' : `, higher in ${higherIn} images`}`,
    ),
  ];
}
