import path from 'node:path';
import pMap from 'p-map';
import { filesAtOnce } from '../image-files.js';
import { createOutput } from '../terminal/output.js';
import { UsageError } from '../usage-error.js';
import type { ScoredFrame, Workplace } from '../workplace/workplace.js';
import type { ComputeFlags } from './compute-flags.js';
import type { AxisFlags } from './reading-flags.js';

export interface ScoreFlags extends ComputeFlags, AxisFlags {
  readonly maps?: string;
  readonly raw: boolean;
}

/**
 * `mediclip score MODEL FILE…`: a score per frame of each file, and with `--maps` an overlay of each. A bad file costs
 * only itself.
 */
export async function score(
  place: Workplace,
  model: string,
  files: readonly string[],
  { maps, ...flags }: ScoreFlags,
  signal: AbortSignal,
): Promise<void> {
  const output = createOutput(flags.json);
  if (maps !== undefined) {
    refuseSameNames(files);
    await (await import('@mediclip/files')).makeFolder(maps);
  }
  const wants = { overlay: maps !== undefined, npy: maps !== undefined && flags.raw };
  const tell = async (
    file: string,
    { frame, overlay: _, npy: __, score: value, scoreLogit, notes, ...said }: ScoredFrame,
  ) => {
    // Loaded for the few that need it: whatever a command loads at first, its engine waits for.
    const foreign = said.foreign && (await import('@mediclip/evaluation')).foreignNote(said.foreign);
    const ofFrame = { ...(frame !== undefined && { frame }), ...(notes.length > 0 && { notes }) };
    output.event({ event: 'score', file, score: value, scoreLogit, ...said, ...ofFrame });
    const decision = said.decision ? `  ${said.decision.padEnd(8)}` : '';
    output.line(`${value.toFixed(4)}${decision}  ${file}${frame === undefined ? '' : `, frame ${frame}`}`);
    if (foreign) output.remark(`${file}: ${foreign}`);
    for (const note of notes) output.remark(`${file}: ${note}`);
  };
  const faults: string[] = [];
  await place.score(model, flags, { output, signal }, async (scoreFile) => {
    const scoreOne = async (file: string) => {
      try {
        for await (const frame of scoreFile(file, wants)) {
          if (maps !== undefined) await writeMaps(path.join(maps, nameOf(file, frame)), frame);
          await tell(file, frame);
        }
      } catch (error) {
        if (!(error instanceof UsageError)) throw error;
        faults.push(error.message);
        output.event({ event: 'error', file, message: error.message });
        output.remark(error.message);
      }
    };
    await pMap(files, scoreOne, { concurrency: filesAtOnce });
  });
  if (faults.length > 0) {
    throw new UsageError(`${faults.length} of ${files.length} files could not be scored: see above.`);
  }
}

const nameOf = (file: string, { frame }: ScoredFrame) =>
  `${path.parse(file).name}${frame === undefined ? '' : `-${frame}`}`;

async function writeMaps(target: string, { overlay, npy }: ScoredFrame): Promise<void> {
  const { writeFileWhole } = await import('@mediclip/files');
  if (overlay) await writeFileWhole(`${target}.png`, overlay);
  if (npy) await writeFileWhole(`${target}.npy`, npy);
}

function refuseSameNames(files: readonly string[]): void {
  const names = files.map((file) => path.parse(file).name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined)
    throw new UsageError(`Two files are named ${twice}: score them into different --maps folders.`);
}
