import { TestEnvironment } from 'jest-environment-node';

/**
 * Jest gives every test file a realm of its own, with its own typed-array classes; native modules
 * (onnxruntime-node) answer with the outer realm's. Sharing the outer classes keeps `instanceof` true on both sides.
 */
export default class SharedTypedArrays extends TestEnvironment {
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
  }
}
