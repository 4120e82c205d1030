export type { AnomalyMap, Kinship } from './anomaly-map.js';
export { inferno, infernoOffset } from './colour-map.js';
export { describeMap, type MapDescription } from './describe-map.js';
export { heatPixels } from './heat.js';
export { readNpy, writeNpy } from './npy.js';
export { smoothingMatrix, smoothMap } from './smooth.js';
export { upsampleMap, upsampleMatrix } from './upsample.js';
