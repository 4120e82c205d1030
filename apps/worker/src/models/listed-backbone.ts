import { type ListedBackbone, listBackbones } from '@mediclip/backbones';
import { ProblemError } from '@mediclip/contracts';

const listed = new Map(listBackbones().map((backbone) => [backbone.id, backbone]));

/** What the catalogue says of a backbone. Throws a ProblemError when it does not list it. */
export function listedBackbone(id: string): ListedBackbone {
  const backbone = listed.get(id);
  if (backbone === undefined) {
    throw new ProblemError('backbone-unknown', `There is no backbone ${id}: choose a listed one.`);
  }
  return backbone;
}

/**
 * Side in pixels of the square images that a backbone takes. Throws a ProblemError when the catalogue does not list it.
 */
export function backboneSide(id: string): number {
  return listedBackbone(id).side;
}
