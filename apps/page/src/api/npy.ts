import type { AnomalyMap } from '@mediclip/maps';

/** `[mapSide, mapSide]` probabilities of abnormal, rows from the top. */
export type StoredMap = Pick<AnomalyMap, 'map' | 'mapSide'>;

const prefixBytes = 10;

/** Reads a square float32 map in NPY format (version 1.0, little-endian), as the API sends it. */
export function readMap(bytes: ArrayBuffer): StoredMap {
  const headerBytes = new DataView(bytes).getUint16(8, true);
  const map = new Float32Array(bytes.slice(prefixBytes + headerBytes));
  return { map, mapSide: Math.round(Math.sqrt(map.length)) };
}
