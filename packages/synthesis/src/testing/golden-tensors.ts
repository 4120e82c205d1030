import { type NamedTensor, readSafetensorsFile, toFloat32 } from '@mediclip/backbones';
import { goldenPath } from '@mediclip/testing';
import type { Mask } from '../masks/mask.js';

/** The tensors of `golden/synthesis/NAME.safetensors`. */
export function goldenTensors(name: string) {
  const tensors = readSafetensorsFile(goldenPath(`synthesis/${name}.safetensors`));
  const get = (tensor: string): NamedTensor => {
    const found = tensors.get(tensor);
    if (found === undefined) throw new Error(`golden/synthesis/${name}.safetensors has no tensor ${tensor}`);
    return found;
  };
  const bytes = (tensor: string): Uint8Array => {
    const { dtype, data } = get(tensor);
    if (!(data instanceof Uint8Array)) throw new Error(`${tensor} is ${dtype}, not U8`);
    return data;
  };
  return {
    bytes,
    floats: (tensor: string): Float32Array => toFloat32(get(tensor)),
    mask: (tensor: string): Mask => {
      const [rows, columns] = get(tensor).shape;
      if (rows === undefined || columns === undefined) throw new Error(`${tensor} is not a matrix`);
      return { rows, columns, data: bytes(tensor) };
    },
  };
}
