import type { Image, Label } from '@mediclip/contracts';
import { heatPixels } from '@mediclip/maps';
import { useEffect, useRef, useState } from 'preact/hooks';
import { get, request } from '../api/http.js';
import { readMap, type StoredMap } from '../api/npy.js';
import { useLoaded } from '../parts/loaded.js';
import { ProblemNote } from '../parts/problem.js';
import { count, foreignFlags, foreignWords } from '../parts/words.js';
import { decisionWords, isFlagged, type Scored } from './scored.js';

interface PictureDialogProps {
  readonly jobId: string;
  readonly datasetId: string;
  readonly result: Scored;
  readonly threshold: number;
  /** Map value from which on an area is a region. */
  readonly heatFrom: number;
  readonly onMove: (step: 1 | -1) => void;
  readonly onVerdict: (verdict: Label) => Promise<void>;
  readonly onClose: () => void;
}

const side = 768;
const fromSteps = 100;
/** As in the overlays of the API. */
const usualStrength = 0.5;

/** One picture large, beside itself under its heat map. */
export function PictureDialog(props: PictureDialogProps) {
  const { jobId, datasetId, result, threshold, heatFrom, onMove, onVerdict, onClose } = props;
  const { imageId, fileName } = result;
  const dialog = useRef<HTMLDialogElement>(null);
  const [hasHeat, setHeat] = useState(true);
  const [strength, setStrength] = useState(usualStrength);
  const [from, setFrom] = useState(heatFrom);
  const [error, setError] = useState<unknown>();
  const loaded = useLoaded(async () => {
    const npy = await request('GET', `/v1/jobs/${jobId}/results/${imageId}/map`, { accept: 'application/x-npy' });
    const image = await get<Image>(`/v1/datasets/${datasetId}/images/${imageId}`);
    return { id: imageId, map: readMap(await npy.arrayBuffer()), image };
  }, [jobId, imageId]);
  const shown = loaded.value?.id === imageId ? loaded.value : undefined;
  useEffect(() => dialog.current?.showModal(), []);
  const judge = (verdict: Label) => {
    setError(undefined);
    onVerdict(verdict).catch(setError);
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const isRange = event.target instanceof HTMLInputElement && event.target.type === 'range';
    const key = event.key.toLowerCase();
    if (key === 'n') judge('normal');
    else if (key === 'a') judge('abnormal');
    else if (key === 'o') setHeat((has) => !has);
    else if (key === 'arrowright' && !isRange) onMove(1);
    else if (key === 'arrowleft' && !isRange) onMove(-1);
    else return;
    event.preventDefault();
  };
  const preview = `/v1/datasets/${datasetId}/images/${imageId}/preview?side=${side}`;
  return (
    <dialog ref={dialog} class="picture" aria-label={fileName} onClose={onClose} onKeyDown={onKey}>
      <header>
        <h2>{fileName}</h2>
        <button type="button" onClick={() => onMove(-1)}>
          ←<span class="words"> Previous</span>
        </button>
        <button type="button" onClick={() => onMove(1)}>
          <span class="words">Next </span>→
        </button>
        <button type="button" onClick={() => dialog.current?.close()}>
          Close
        </button>
      </header>
      <ProblemNote error={error ?? loaded.error} />
      <div class="beside">
        <div>
          <div class="side-by-side">
            <figure>
              <img src={preview} alt={`${fileName} as it is`} />
              <figcaption>The picture as it is</figcaption>
            </figure>
            <figure>
              <div class="stack">
                <img src={preview} alt={`${fileName} under its heat map`} />
                {shown && hasHeat && <Heat map={shown.map} image={shown.image} strength={strength} from={from} />}
              </div>
              <figcaption>What the detector finds unusual: within the contour, brightest where most unusual</figcaption>
            </figure>
          </div>
          <div class="row controls">
            <label>
              <input type="checkbox" checked={hasHeat} onChange={() => setHeat(!hasHeat)} /> Overlay (O)
            </label>
            <label>
              Strength
              <input
                type="range"
                min="0"
                max="1"
                step="0.05"
                value={strength}
                onInput={({ currentTarget }) => setStrength(currentTarget.valueAsNumber)}
              />
            </label>
            <label>
              Contour at <output>{from.toFixed(2)}</output>
              <input
                type="range"
                min="0"
                max="1"
                step={1 / fromSteps}
                value={from}
                onInput={({ currentTarget }) => setFrom(currentTarget.valueAsNumber)}
              />
            </label>
          </div>
        </div>
        <div>
          {result.foreign && (
            <p class="problem">
              <strong>◆ {foreignFlags[result.foreign]}.</strong> It is {foreignWords[result.foreign]}.
            </p>
          )}
          <p class="verdict">
            <strong>{result.score.toFixed(3)}</strong>{' '}
            <span class={isFlagged(result, threshold) ? 'flag abnormal' : 'flag normal'}>
              {isFlagged(result, threshold) ? '▲' : '▼'} {decisionWords(result, threshold)}
            </span>
          </p>
          <dl class="facts">
            <dt>Threshold</dt>
            <dd>{threshold.toFixed(3)}</dd>
            <dt>Labelled</dt>
            <dd>{result.label}</dd>
            {result.pValue !== undefined && (
              <>
                <dt class="exact">p-value</dt>
                <dd>
                  {result.pValue.toFixed(3)}: about {(100 * result.pValue).toFixed(1)} % of normal pictures score as
                  high
                </dd>
              </>
            )}
            {result.kinship !== undefined && (
              <>
                <dt>Kind</dt>
                <dd>{kinshipWords(result.kinship, result.foreign)}</dd>
              </>
            )}
            <dt>Areas</dt>
            <dd>
              {result.regions.length === 0
                ? 'none'
                : result.regions
                    .map(({ areaPixels, peak }) => `${count(Math.round(areaPixels), 'pixel')}, peak ${peak.toFixed(2)}`)
                    .join('; ')}
            </dd>
            {shown?.image.technicalTags?.modality && (
              <>
                <dt>Modality</dt>
                <dd>{shown.image.technicalTags.modality}</dd>
              </>
            )}
          </dl>
          <fieldset class="row">
            <legend>What do you say? {result.verdict ? `Said: ${result.verdict.verdict}.` : ''}</legend>
            <button type="button" aria-pressed={result.verdict?.verdict === 'normal'} onClick={() => judge('normal')}>
              This is normal (N)
            </button>
            <button
              type="button"
              aria-pressed={result.verdict?.verdict === 'abnormal'}
              onClick={() => judge('abnormal')}
            >
              This is abnormal (A)
            </button>
          </fieldset>
        </div>
      </div>
    </dialog>
  );
}

/** How usual the picture as a whole is, which is not how abnormal it is. */
function kinshipWords(kinship: number, foreign: Scored['foreign']): string {
  if (foreign !== undefined) return 'not of the kind that this detector knows';
  return `the one that the detector knows: ${(100 * kinship).toFixed(0)} % of its normal pictures are as far from the rest`;
}

interface HeatProps {
  readonly map: StoredMap;
  readonly image: Image;
  readonly strength: number;
  readonly from: number;
}

const heatSide = 512;

function Heat({ map, image, strength, from }: HeatProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const scale = heatSide / Math.max(image.width, image.height);
  const [width, height] = [image.width, image.height].map((n) => Math.max(1, Math.round(n * scale))) as [
    number,
    number,
  ];
  useEffect(() => {
    const heat = new ImageData(heatPixels(map, { width, height, from, strength }), width, height);
    canvas.current?.getContext('2d')?.putImageData(heat, 0, 0);
  }, [map, width, height, from, strength]);
  return <canvas ref={canvas} width={width} height={height} />;
}
