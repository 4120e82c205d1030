import { createRequire } from 'node:module';
import { runInContext, runInNewContext } from 'node:vm';
import { TestEnvironment } from 'jest-environment-node';

/** What may be another one during a test: fake timers have their own `Date`, jest its own `console`. */
const replaceable = ['Date', 'console', 'globalThis', 'eval'];

const builtIns = Object.entries(runInNewContext('Object.getOwnPropertyDescriptors(globalThis)')).flatMap(
  ([name, { configurable }]) => (configurable && !replaceable.includes(name) ? [name] : []),
);

/**
 * Declares the language's own globals and `Buffer` for all modules of a test file: as properties of the sandbox's
 * global they would be looked up through a proxy, which takes forty times as long and made tests half as slow again.
 */
const declareBuiltIns = `const ${[...builtIns, 'Buffer'].map((name) => `${name} = globalThis.${name}`).join()};`;

/** What all test files of a worker share: packages that are loaded, and things that are made, once for all of them. */
const outside = { require: createRequire(import.meta.url), made: new Map() };

/**
 * The environment of all tests. Jest gives every test file a realm of its own, with its own typed-array classes; native
 * modules (onnxruntime-node) answer with the outer realm's. Sharing the outer classes keeps `instanceof` true on both
 * sides.
 */
export default class MediclipEnvironment extends TestEnvironment {
  #factor = Math.max(1, Number(process.env.TEST_TIME_FACTOR) || 1);
  #stretched = new WeakSet();

  constructor(...args) {
    super(...args);
    for (const shared of [
      Float32Array,
      Float64Array,
      Int8Array,
      Int16Array,
      Int32Array,
      Uint8Array,
      Uint8ClampedArray,
      Uint16Array,
      Uint32Array,
      BigInt64Array,
      BigUint64Array,
      ArrayBuffer,
      SharedArrayBuffer,
      DataView,
    ]) {
      this.global[shared.name] = shared;
    }
    this.global.outsideOfTestFiles = outside;
    runInContext(declareBuiltIns, this.context);
  }

  /** Stretches the time limits of tests and hooks to the speed of the machine (measure-speed.mjs). */
  handleTestEvent(event, state) {
    if (event.name === 'run_start') state.testTimeout *= this.#factor;
    const limited = event.name === 'test_start' ? event.test : event.name === 'hook_start' ? event.hook : undefined;
    if (!limited?.timeout || this.#stretched.has(limited)) return;
    this.#stretched.add(limited);
    limited.timeout *= this.#factor;
  }
}
