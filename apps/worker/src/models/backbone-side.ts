import { listBackbones } from '@mediclip/backbones';
import { ProblemError } from '@mediclip/contracts';

/** Side in pixels of the square images that a backbone takes. Throws a ProblemError when the catalogue does not list it. */
export function backboneSide(id: string, modelsFolder: string | undefined): number {
  const entry = listBackbones({ modelsFolder }).find((backbone) => backbone.id === id);
  if (entry === undefined)
    throw new ProblemError('backbone-unknown', `There is no backbone ${id}: choose a listed one.`);
  return entry.side;
}
