const radixBits = 11;
const digits = 3;
const digitMask = (1 << radixBits) - 1;

/**
 * The positions of `keys` in ascending order of the keys; equal keys keep their order. A radix sort, about ten times as
 * fast as the built-in sort at the size of an anomaly map.
 */
export function ascendingOrder(keys: Uint32Array): Uint32Array {
  let order = Uint32Array.from(keys.keys());
  let reordered = new Uint32Array(keys.length);
  for (let digit = 0; digit < digits; digit++) {
    const shift = digit * radixBits;
    const next = firstPlaces(keys, shift, digitMask);
    for (let i = 0; i < order.length; i++) {
      const position = order[i]!;
      reordered[next[(keys[position]! >>> shift) & digitMask]!++] = position;
    }
    [order, reordered] = [reordered, order];
  }
  return order;
}

/** `keys` of at most `bits` bits, 17 to 32, in ascending order. */
export function ascendingKeys(keys: Uint32Array, bits: number): Uint32Array {
  const digitBits = Math.ceil(bits / digits);
  const mask = (1 << digitBits) - 1;
  let from = keys.slice();
  let to = new Uint32Array(keys.length);
  for (let digit = 0; digit < digits; digit++) {
    const shift = digit * digitBits;
    const next = firstPlaces(from, shift, mask);
    for (let i = 0; i < from.length; i++) {
      const key = from[i]!;
      to[next[(key >>> shift) & mask]!++] = key;
    }
    [from, to] = [to, from];
  }
  return from;
}

/** For every value of a digit, how many keys have a smaller one: the first place of its own. */
function firstPlaces(keys: Uint32Array, shift: number, mask: number): Uint32Array {
  const places = new Uint32Array(mask + 2);
  for (let i = 0; i < keys.length; i++) places[((keys[i]! >>> shift) & mask) + 1]!++;
  for (let value = 1; value < places.length; value++) places[value]! += places[value - 1]!;
  return places;
}
