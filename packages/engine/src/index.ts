export type {
  ComputeModule,
  Device,
} from './child/compute.js';
export { EngineError, type EngineErrorCode } from './errors.js';
export { type AdaptOptions, Engine, type EngineEvents, type ScoreOptions } from './parent/engine.js';
export type { EngineState } from './parent/supervisor.js';
export { onnxRuntimeVersion } from './runtime-version.js';
