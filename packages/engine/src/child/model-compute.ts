/** The module that the engine process computes with: the method on ONNX Runtime. */
import type { OnBatchHalved } from '@mediclip/adaptation';
import type { Compute, ComputeSettings } from './compute.js';
import { openOrtRuntime } from './ort-runtime.js';

/**
 * Detectors and adaptations on the device asked for, which is opened before the method is loaded. Throws an EngineError
 * `device-unavailable` when the device does not load.
 */
export async function createCompute(
  { device, threads, modelsFolder, ...tower }: ComputeSettings,
  onBatchHalved: OnBatchHalved,
): Promise<Compute> {
  const runtime = await openOrtRuntime({ device, threads });
  const { Towers } = await import('@mediclip/adaptation');
  const { computeOn } = await import('./compute-on.js');
  const towers = new Towers(runtime, {
    onBatchHalved,
    ...tower,
    ...(modelsFolder !== undefined && { modelsFolder }),
  });
  return { ...computeOn(towers), passedOver: runtime.passedOver };
}
