export { upsampleMap, upsampleMatrix } from './maps/upsample.js';
