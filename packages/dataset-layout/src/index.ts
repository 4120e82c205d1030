export type { DatasetLayout, PlacedEntry } from './layout.js';
export { LayoutError } from './layout-error.js';
export { readLayout } from './read-layout.js';
export { isSideFolder } from './side-files.js';
