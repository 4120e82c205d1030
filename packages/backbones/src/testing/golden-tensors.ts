import { goldenPath } from '@mediclip/testing';
import { readSafetensorsFile } from '../weights/safetensors/read.js';
import { toFloat32 } from '../weights/safetensors/tensor.js';

/** The tensors of a golden file as float32, by name. */
export function goldenTensors(name: string): (tensor: string) => { shape: readonly number[]; data: Float32Array } {
  const tensors = readSafetensorsFile(goldenPath(name));
  return (tensor) => {
    const found = tensors.get(tensor);
    if (!found) throw new Error(`${name} has no tensor ${tensor}`);
    return { shape: found.shape, data: toFloat32(found) };
  };
}
