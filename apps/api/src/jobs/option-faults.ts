import { openBackbone, WeightsError } from '@mediclip/backbones';
import type { AdaptationOptions, FieldError } from '@mediclip/contracts';

/**
 * What a backbone cannot do of `options`: taps that it does not have, phrases that its text tower cannot take. Reads
 * weights, and so takes long: not for an event loop that others wait for. Throws `WeightsError` when the backbone
 * cannot be opened.
 */
export function optionFaults(options: AdaptationOptions, modelsFolder: string): FieldError[] {
  const backbone = openBackbone(options.backbone, { modelsFolder });
  const faults: FieldError[] = [];
  const note = (pointer: string, attempt: () => unknown) => {
    try {
      attempt();
    } catch (error) {
      if (!(error instanceof WeightsError)) throw error;
      faults.push({ in: 'body', pointer, detail: error.message });
    }
  };
  for (const [index, tap] of (options.taps ?? []).entries()) note(`/taps/${index}`, () => backbone.tapShape(tap));
  const { contextTokens, promptAttention: attention, phrasePositions } = options;
  for (const state of ['normal', 'abnormal'] as const) {
    for (const [index, phrase] of options.prompts[state].entries()) {
      note(`/prompts/${state}/${index}`, () => {
        for (const position of phrasePositions) {
          backbone.layoutPrompts([phrase], { contextTokens, position, attention });
        }
      });
    }
  }
  return faults;
}
