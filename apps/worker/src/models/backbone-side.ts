import { listBackbones } from '@mediclip/backbones';
import { ProblemError } from '@mediclip/contracts';

const sides = new Map(listBackbones().map(({ id, side }) => [id, side]));

/** Side in pixels of the square images that a backbone takes. Throws a ProblemError when the catalogue does not list it. */
export function backboneSide(id: string): number {
  const side = sides.get(id);
  if (side === undefined)
    throw new ProblemError('backbone-unknown', `There is no backbone ${id}: choose a listed one.`);
  return side;
}
