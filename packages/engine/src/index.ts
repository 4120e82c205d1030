export type {
  ComputeModule,
  Device,
} from './child/compute.js';
export { EngineError, type EngineErrorCode, toOutOfMemoryError } from './errors.js';
export { type AdaptOptions, Engine, type EngineEvents, type ScoreOptions } from './parent/engine.js';
export type { EngineState } from './parent/supervisor.js';
export { onnxRuntimeVersion, openOrtRuntime } from './runtime.js';
export { SynthesisPool } from './synthesis/synthesis-pool.js';
