/** What an engine process has, in this one: for tests and benches, which need no supervisor. */
export { openOrtRuntime } from '../child/ort-runtime.js';
export { SynthesisPool } from '../synthesis/synthesis-pool.js';
