/** An anomaly map, `[side, side]` probabilities of abnormal, rows from the top. */
export interface AnomalyMap {
  readonly side: number;
  readonly values: Float32Array;
}

const prefixBytes = 10;

/** Reads a square float32 map in NPY format (version 1.0, little-endian), as the API sends it. */
export function readMap(bytes: ArrayBuffer): AnomalyMap {
  const headerBytes = new DataView(bytes).getUint16(8, true);
  const values = new Float32Array(bytes.slice(prefixBytes + headerBytes));
  return { side: Math.round(Math.sqrt(values.length)), values };
}
