export type {
  AdaptationRun,
  Compute,
  ComputeModule,
  ComputeSettings,
  Device,
  ScoreInput,
  ScoringImage,
} from './child/compute.js';
export { type OrtRuntimeOptions, onnxRuntimeVersion, openOrtRuntime } from './child/ort-runtime.js';
export type { SchedulerGauges } from './child/scheduler.js';
export { EngineError, type EngineErrorCode, type ErrorOrigin, toOutOfMemoryError } from './errors.js';
export { type AdaptOptions, Engine, type EngineEvents, type ScoreOptions } from './parent/engine.js';
export type { EngineOptions, EngineTiming } from './parent/engine-options.js';
export type { EngineState } from './parent/supervisor.js';
export { SynthesisPool, type SynthesisPoolOptions } from './synthesis/synthesis-pool.js';
