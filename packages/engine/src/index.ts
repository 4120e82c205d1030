export type {
  AdaptationJob,
  AdaptationProgress,
  AdaptationRun,
  Compute,
  ComputeModule,
  ComputeSettings,
  DetectorReference,
  Device,
  SampleRequest,
  SampleSource,
  ScoreInput,
  ScoreOutput,
  ScoringImage,
} from './compute.js';
export { EngineError, type EngineErrorCode, OutOfMemoryError } from './errors.js';
export { type OrtRuntimeOptions, openOrtRuntime } from './ort-runtime.js';
export { SynthesisPool, type SynthesisPoolOptions } from './synthesis-pool.js';
