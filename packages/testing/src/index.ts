export { findChromium } from './chromium.js';
export { expectClose, maximumDifference } from './close.js';
export { goldenJson, goldenPath } from './golden.js';
export { askOnnxChecker } from './onnx-checker.js';
export { findPython } from './python.js';
export { findRedis, type RedisServer, type RedisServerOptions, startRedis } from './redis.js';
export { openModel, runModel, type TestRun, type TestTensor } from './run-model.js';
export { temporaryFolder } from './temporary-folder.js';
export { testRuntime } from './test-runtime.js';
