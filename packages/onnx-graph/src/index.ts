export type { ElementType, ModelSource, Runtime, Session, Tensor } from './runtime.js';
