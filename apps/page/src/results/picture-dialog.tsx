import type { Image, Label } from '@mediclip/contracts';
import { heatPixels } from '@mediclip/maps';
import { useEffect, useRef, useState } from 'preact/hooks';
import { get, request } from '../api/http.js';
import { readMap, type StoredMap } from '../api/npy.js';
import { useLoaded } from '../parts/loaded.js';
import { ProblemNote } from '../parts/problem.js';
import { type Overlay, OverlayControls } from './overlay-controls.js';
import { PictureFacts } from './picture-facts.js';
import type { Scored } from './scored.js';

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
/** As in the overlays of the API. */
const usualStrength = 0.5;

/** One picture large, beside itself under its heat map. */
export function PictureDialog(props: PictureDialogProps) {
  const { jobId, datasetId, result, threshold, heatFrom, onMove, onVerdict, onClose } = props;
  const { imageId, fileName } = result;
  const dialog = useRef<HTMLDialogElement>(null);
  const [overlay, setOverlay] = useState<Overlay>({ isShown: true, strength: usualStrength, from: heatFrom });
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
    else if (key === 'o') setOverlay((now) => ({ ...now, isShown: !now.isShown }));
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
                {shown && overlay.isShown && <Heat map={shown.map} image={shown.image} {...overlay} />}
              </div>
              <figcaption>What the detector finds unusual: within the contour, brightest where most unusual</figcaption>
            </figure>
          </div>
          <OverlayControls overlay={overlay} onChange={setOverlay} />
        </div>
        <div>
          <PictureFacts result={result} threshold={threshold} modality={shown?.image.technicalTags?.modality} />
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

interface HeatProps extends Pick<Overlay, 'strength' | 'from'> {
  readonly map: StoredMap;
  readonly image: Image;
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
