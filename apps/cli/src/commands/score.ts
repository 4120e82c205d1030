import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { readDetector } from '@mediclip/adaptation';
import { decisionOf, foreignNote, kinshipOf, regionThresholdOf } from '@mediclip/evaluation';
import { writeFileWhole } from '@mediclip/files';
import { writeNpy } from '@mediclip/maps';
import pMap from 'p-map';
import { readModelRecord } from '../folder/model-record.js';
import { filesAtOnce, naming, readImageFile, withImagingPool } from '../images.js';
import { createOutput } from '../terminal/output.js';
import { UsageError } from '../usage-error.js';
import type { ComputeFlags } from './compute-flags.js';
import { withEngine } from './with-engine.js';

export interface ScoreFlags extends ComputeFlags {
  readonly maps?: string;
  readonly raw: boolean;
}

/**
 * `mediclip score MODEL FILE…`: a score per frame of each file, and with `--maps` an overlay of each. A bad file costs
 * only itself.
 */
export async function score(
  model: string,
  files: readonly string[],
  flags: ScoreFlags,
  signal: AbortSignal,
): Promise<void> {
  const output = createOutput(flags.json);
  if (flags.maps !== undefined) refuseSameNames(files);
  const { side, intensity } = (await readDetector(model)).description;
  const detector = { id: 'model', folder: path.resolve(model) };
  const rule = await readModelRecord(model);
  const from = regionThresholdOf(rule ?? { calibration: null });
  if (flags.maps !== undefined) await mkdir(flags.maps, { recursive: true });
  const faults: string[] = [];
  await withImagingPool((pool) =>
    withEngine(flags, async (engine) => {
      const scoreOne = async (file: string) => {
        try {
          const bytes = await readImageFile(file);
          const wants = {
            prepared: { side, kind: 'test' as const },
            intensity,
            ...(flags.maps !== undefined && { ground: true as const }),
          };
          let count = 1;
          for (let frame = 0; frame < count; frame++) {
            const { prepared, ground, description } = await naming(file, pool.frame(bytes, wants, { frame }));
            const { notes, frameCount, format } = description;
            const hasFrames = frameCount > 1 && ['dicom', 'nifti', 'tiff'].includes(format);
            if (hasFrames) count = frameCount;
            const images = [{ side, data: prepared.data }];
            const [answer] = await engine.score({ detector, images }, { signal });
            const { score: value, logit, map, mapSide, kinship } = answer!;
            if (flags.maps !== undefined && ground) {
              const name = `${path.parse(file).name}${hasFrames ? `-${frame + 1}` : ''}`;
              const target = path.join(flags.maps, name);
              await writeFileWhole(`${target}.png`, await pool.overlay(ground, map, mapSide, { from }));
              if (flags.raw) await writeFileWhole(`${target}.npy`, writeNpy(map, [mapSide, mapSide]));
            }
            const ofFrame = { ...(hasFrames && { frame: frame + 1 }), ...(notes.length > 0 && { notes }) };
            const said = { ...(rule && decisionOf(value, rule, logit)), ...kinshipOf(kinship) };
            output.event({ event: 'score', file, score: value, scoreLogit: logit, ...said, ...ofFrame });
            const decision = said.decision ? `  ${said.decision.padEnd(8)}` : '';
            output.line(`${value.toFixed(4)}${decision}  ${file}${hasFrames ? `, frame ${frame + 1}` : ''}`);
            if (said.foreign) output.remark(`${file}: ${foreignNote(said.foreign)}`);
            for (const note of notes) output.remark(`${file}: ${note}`);
          }
        } catch (error) {
          if (!(error instanceof UsageError)) throw error;
          faults.push(error.message);
          output.event({ event: 'error', file, message: error.message });
          output.remark(error.message);
        }
      };
      await pMap(files, scoreOne, { concurrency: filesAtOnce });
    }),
  );
  if (faults.length > 0) {
    throw new UsageError(`${faults.length} of ${files.length} files could not be scored: see above.`);
  }
}

function refuseSameNames(files: readonly string[]): void {
  const names = files.map((file) => path.parse(file).name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined)
    throw new UsageError(`Two files are named ${twice}: score them into different --maps folders.`);
}
