export type { AnomalyMap, Kinship } from './anomaly-map.js';
export { describeMap, type MapDescription } from './describe-map.js';
export { readNpy, writeNpy } from './npy.js';
export type { MapRegion } from './regions.js';
export { smoothingMatrix, smoothMap } from './smooth.js';
export { upsampleMap, upsampleMatrix } from './upsample.js';
