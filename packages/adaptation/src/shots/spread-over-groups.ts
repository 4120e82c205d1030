/**
 * The same order with the first image of every group before the second of any, and so on: so shots come from as many
 * groups as there are. An image without a group is a group of its own, and without groups nothing moves.
 */
export function spreadOverGroups(order: readonly number[], groups: readonly (string | undefined)[]): number[] {
  const taken = new Map<string, number>();
  const turnOf = (group: string | undefined): number => {
    if (group === undefined) return 0;
    const turn = taken.get(group) ?? 0;
    taken.set(group, turn + 1);
    return turn;
  };
  return order
    .map((index) => ({ index, turn: turnOf(groups[index]) }))
    .sort((a, b) => a.turn - b.turn)
    .map(({ index }) => index);
}
