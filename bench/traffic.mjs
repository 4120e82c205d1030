import { deviceTraffic } from '@mediclip/adaptation';
import { openBackbone } from '@mediclip/backbones';
import { resolveAdaptationOptions } from '@mediclip/contracts';

const batch = 8;

/**
 * Bytes that cross to a GPU and back in a training step of 8 images and for a scored image of a batch of 8, by the
 * graphs' shapes.
 */
export function trafficBench(backbone = 'lite', modelsFolder = undefined) {
  const options = resolveAdaptationOptions({ backbone });
  return deviceTraffic(openBackbone(backbone, { ...(modelsFolder && { modelsFolder }) }), options, batch);
}

/** The same in rows. */
export function trafficRows(row, { step, parameters, scoring }) {
  const megabytes = (bytes) => (bytes / 1e6).toFixed(2);
  const crosses = (name, { upBytes, downBytes }, images = 1) =>
    row(name, megabytes(upBytes / images), `MB up, ${megabytes(downBytes / images)} down`);
  crosses('on a GPU: to and from it in a step of 8 images', step);
  crosses('  parameters, moments and averages besides', parameters);
  crosses('on a GPU: to and from it for a scored image', scoring, batch);
}
