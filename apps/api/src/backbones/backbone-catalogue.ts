import { type ListedBackbone, listedBackbone } from '@mediclip/backbones';
import { ProblemError } from '@mediclip/contracts';

/**
 * The backbone with this id, whose weights are on this server. Throws `backbone-unknown` or `backbone-weights-missing`.
 */
export function usableBackbone(id: string, modelsFolder: string): ListedBackbone {
  const backbone = listedBackbone(id, { modelsFolder });
  if (!backbone) throw new ProblemError('backbone-unknown', `There is no backbone ${JSON.stringify(id)}.`);
  if (!backbone.weightsPresent) {
    throw new ProblemError('backbone-weights-missing', `The weights of the backbone ${id} are not on this server.`);
  }
  return backbone;
}
