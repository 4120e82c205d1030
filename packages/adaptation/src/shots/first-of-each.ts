/** Per value the index of the first equal one, which is its own where no earlier one is equal. */
export function firstOfEach(values: readonly (string | number)[]): number[] {
  const firstWith = new Map<string | number, number>();
  return values.map((value, index) => {
    const first = firstWith.get(value) ?? index;
    if (first === index) firstWith.set(value, index);
    return first;
  });
}
