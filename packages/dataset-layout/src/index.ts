export type { DatasetLayout, LayoutKind, MissingFile, PlacedEntry } from './layout.js';
export { LayoutError, type LayoutFault } from './layout-error.js';
export { type ReadList, readLayout } from './read-layout.js';
export { isSideFolder } from './side-files.js';
