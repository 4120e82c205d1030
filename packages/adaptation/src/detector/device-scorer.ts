import { constant, OutOfMemoryError, type Session, type Tensor } from '@mediclip/onnx-graph';
import { pixelFeed } from '../tower/pixels.js';
import { refuseOverflow } from '../tower/precision.js';
import type { Tower } from '../tower/tower.js';
import { type AfterTower, openTowerSession } from '../tower/tower-session.js';
import { type Detector, detectorShape } from './detector-files.js';
import { type DetectorShape, type DetectorTensors, detectorOutputs, tensorShapes } from './detector-shape.js';
import type { JudgedImage } from './head.js';

/** Each holds a tower's weights on the device. */
const mostSessions = 8;

/**
 * Scores on a device that is far from the process's memory, as a GPU is: tower and head of a detector are one session
 * for each shape of a batch, with the detector's tensors in it, so that only pixels go there, and maps, scores and
 * moments come back. The sessions used last are kept. One call at a time.
 */
export class DeviceScorer {
  /** By detector and shape of the batch, the one that was used longest ago first. */
  readonly #sessions = new Map<string, { readonly detectorId: string; readonly session: Session }>();

  /** Scores images with a detector, whose tower `tower` is, in as few runs as there are shapes for. */
  async score(
    tower: Tower,
    detector: Detector & { readonly id: string },
    images: readonly Uint8Array[],
  ): Promise<JudgedImage[]> {
    const scored: JudgedImage[] = [];
    while (scored.length < images.length) {
      const next = await tower.nextBatch(images.length - scored.length);
      try {
        const batch = images.slice(scored.length, scored.length + next.images);
        scored.push(...(await this.#run(tower, detector, batch, next.shape)));
      } catch (error) {
        if (!(error instanceof OutOfMemoryError) || !(await this.#giveBack(tower, detector.id, next.shape)))
          throw error;
      }
    }
    return scored;
  }

  /** Releases a detector's sessions. */
  async forget(detectorId: string): Promise<void> {
    for (const [key, known] of [...this.#sessions]) if (known.detectorId === detectorId) await this.#close(key);
  }

  async release(): Promise<void> {
    for (const key of [...this.#sessions.keys()]) await this.#close(key);
  }

  async #run(
    tower: Tower,
    detector: Detector & { readonly id: string },
    images: readonly Uint8Array[],
    shape: number,
  ): Promise<JudgedImage[]> {
    const { backbone } = tower;
    const session = await this.#session(tower, detector, shape);
    const { map, score, logit, moments, overflow } = await session.run({
      pixels: pixelFeed(images, backbone, shape),
    });
    if (overflow) refuseOverflow(overflow.data as Float32Array, backbone.id);
    const ofImage = ({ data }: Tensor, index: number) => {
      const size = data.length / shape;
      return (data as Float32Array).slice(index * size, (index + 1) * size);
    };
    return images.map((_, index) => ({
      score: Number(score!.data[index]),
      logit: Number(logit!.data[index]),
      map: ofImage(map!, index),
      mapSide: backbone.side,
      moments: moments && ofImage(moments, index),
    }));
  }

  async #session(tower: Tower, { id, ...detector }: Detector & { readonly id: string }, batch: number) {
    const key = keyOf(id, batch);
    const known = this.#sessions.get(key);
    this.#sessions.delete(key);
    if (known === undefined && this.#sessions.size >= mostSessions)
      await this.#close(this.#sessions.keys().next().value!);
    const session = known?.session ?? (await openDetectorSession(tower, detector, batch));
    this.#sessions.set(key, { detectorId: id, session });
    return session;
  }

  /** Memory ran out: other sessions go first, then the batch is halved. False when there is nothing more to give. */
  async #giveBack(tower: Tower, detectorId: string, batch: number): Promise<boolean> {
    const hasOthers = [...this.#sessions.keys()].some((key) => key !== keyOf(detectorId, batch));
    await this.release();
    return hasOthers || tower.halve(batch);
  }

  async #close(key: string): Promise<void> {
    const known = this.#sessions.get(key);
    this.#sessions.delete(key);
    await known?.session.release();
  }
}

const keyOf = (detectorId: string, batch: number): string => `${detectorId} ${batch}`;

async function openDetectorSession(tower: Tower, detector: Detector, batch: number): Promise<Session> {
  const { runtime, backbone, taps } = tower;
  const shape = detectorShape(detector, backbone);
  return openTowerSession(
    runtime,
    backbone,
    taps,
    await tower.sessionOptions(batch),
    detectorAfter(shape, detector.tensors),
  );
}

/** `detectorOutputs` with a detector's tensors as constants. */
export function detectorAfter(shape: DetectorShape, tensors: DetectorTensors): AfterTower {
  const constants = new Map(
    [...tensorShapes(shape)].map(([name, extent]) => [name, constant(tensors.get(name)!, extent, name)]),
  );
  return (features) => ({ outputs: { ...detectorOutputs(features, constants, shape) } });
}
