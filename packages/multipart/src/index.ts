export { FormFault } from './form-fault.js';
export { boundaryOf, mediaTypeOf, type PartHead, parameterOf, readPartHead } from './part-head.js';
export { type ReadPart, readParts } from './read-parts.js';
export { type RelatedHead, readRelatedHead, relatedBody } from './related.js';
export { relatedStream } from './related-stream.js';
