export type {
  AdaptationRun,
  Compute,
  ComputeModule,
  ComputeSettings,
  Device,
  ScoreInput,
  ScoreOutput,
  ScoringImage,
} from './compute.js';
export { type AdaptOptions, Engine, type EngineEvents, type ScoreOptions } from './engine.js';
export type { EngineOptions, EngineTiming } from './engine-options.js';
export { EngineError, type EngineErrorCode, type ErrorOrigin } from './errors.js';
export { type OrtRuntimeOptions, onnxRuntimeVersion, openOrtRuntime } from './ort-runtime.js';
export type { SchedulerGauges } from './scheduler.js';
export type { EngineState } from './supervisor.js';
export { SynthesisPool, type SynthesisPoolOptions } from './synthesis-pool.js';
