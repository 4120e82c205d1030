/** Pixels. */
export const ctSide = 96;

/**
 * A slice of a body in Hounsfield units, [ctSide, ctSide]: tissue of about 40 with a speck of 2,000 in it, in air, in a
 * round field of view outside of which there is padding (-2,000); a lesion has 30 more than what is around it.
 */
export function ctSlice(seed: number, hasLesion: boolean): Int16Array {
  const random = new Draws(seed);
  const [a, b, turn] = [random.uniform(30, 36), random.uniform(24, 30), random.uniform(0, Math.PI)];
  const [phaseX, phaseY] = [random.uniform(0, 6), random.uniform(0, 6)];
  const lesion = { x: random.uniform(-12, 12), y: random.uniform(-10, 10), radius: random.uniform(5, 7) };
  const speck = { x: random.uniform(-10, 10), y: random.uniform(-10, 10), radius: 1.5 };
  const isIn = ({ x, y, radius }: typeof lesion, atX: number, atY: number) => Math.hypot(atX - x, atY - y) < radius;
  return Int16Array.from({ length: ctSide * ctSide }, (_, i) => {
    const [x, y] = [(i % ctSide) - ctSide / 2, Math.floor(i / ctSide) - ctSide / 2];
    if (Math.hypot(x, y) > ctSide / 2 - 1) return -2000;
    const along = (x * Math.cos(turn) + y * Math.sin(turn)) / a;
    const across = (y * Math.cos(turn) - x * Math.sin(turn)) / b;
    if (along ** 2 + across ** 2 > 1) return Math.round(random.normal(-1000, 5));
    if (isIn(speck, x, y)) return 2000;
    const tissue = 40 + 8 * Math.sin(x / 9 + phaseX) * Math.sin(y / 11 + phaseY) + random.normal(0, 3);
    return Math.round(tissue + (hasLesion && isIn(lesion, x, y) ? 30 : 0));
  });
}

/**
 * A DICOM file (PS3.10, explicit little endian) of a slice: 16 bits, signed, stored with this slope and intercept, with
 * `texts` in elements of every representation that holds text.
 */
export function ctFile(hounsfield: Int16Array, { slope = 1, intercept = -1024, texts = '' } = {}): Buffer {
  const stored = Int16Array.from(hounsfield, (value) => Math.round((value - intercept) / slope));
  return Buffer.concat([
    Buffer.alloc(128),
    Buffer.from('DICM'),
    element(0x0002, 0x0010, 'UI', '1.2.840.10008.1.2.1\0'),
    element(0x0008, 0x0060, 'CS', 'CT'),
    ...textElements(texts),
    element(0x0028, 0x0002, 'US', word(1)),
    element(0x0028, 0x0004, 'CS', 'MONOCHROME2 '),
    element(0x0028, 0x0010, 'US', word(ctSide)),
    element(0x0028, 0x0011, 'US', word(ctSide)),
    element(0x0028, 0x0100, 'US', word(16)),
    element(0x0028, 0x0101, 'US', word(16)),
    element(0x0028, 0x0102, 'US', word(15)),
    element(0x0028, 0x0103, 'US', word(1)),
    element(0x0028, 0x0120, 'SS', word(Math.round((-2000 - intercept) / slope))),
    element(0x0028, 0x1052, 'DS', decimal(intercept)),
    element(0x0028, 0x1053, 'DS', decimal(slope)),
    element(0x7fe0, 0x0010, 'OW', new Uint8Array(stored.buffer)),
  ]);
}

/** In ascending order, private ones and a sequence too. */
function textElements(text: string): Buffer[] {
  if (text === '') return [];
  const even = text.padEnd(text.length + (text.length % 2));
  const tags = [
    [0x0008, 0x0080, 'LO'],
    [0x0008, 0x0081, 'ST'],
    [0x0008, 0x1010, 'SH'],
    [0x0009, 0x0010, 'LO'],
    [0x0009, 0x1001, 'UN'],
    [0x0010, 0x0010, 'PN'],
    [0x0010, 0x0020, 'LO'],
    [0x0010, 0x1040, 'UT'],
    [0x0010, 0x4000, 'LT'],
    [0x0018, 0x0015, 'CS'],
    [0x0020, 0x0010, 'SH'],
    [0x0020, 0x4000, 'LT'],
  ] as const;
  const item = element(0x0008, 0x0104, 'LO', even);
  const head = Buffer.from([0xfe, 0xff, 0x00, 0xe0, item.length, 0, 0, 0]);
  const sequence = element(0x0008, 0x1032, 'SQ', Buffer.concat([head, item]));
  const made = tags.map(([group, number, representation]) => element(group, number, representation, even));
  return [...made.slice(0, 3), sequence, ...made.slice(3)];
}

const longForms = ['OW', 'UN', 'UT', 'SQ'];

const word = (value: number) => new Uint8Array(Int16Array.of(value).buffer);
const decimal = (value: number) => String(value).padEnd(8);

function element(group: number, number: number, representation: string, value: string | Uint8Array): Buffer {
  const content = Buffer.from(value as Uint8Array);
  const isLong = longForms.includes(representation);
  const head = Buffer.alloc(isLong ? 12 : 8);
  head.writeUInt16LE(group, 0);
  head.writeUInt16LE(number, 2);
  head.write(representation, 4, 'latin1');
  if (isLong) head.writeUInt32LE(content.length, 8);
  else head.writeUInt16LE(content.length, 6);
  return Buffer.concat([head, content]);
}

/** Random numbers of a seed (mulberry32). */
class Draws {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  uniform(low: number, high: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return low + ((high - low) * ((mixed ^ (mixed >>> 14)) >>> 0)) / 2 ** 32;
  }

  normal(mean: number, deviation: number): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform(0, 1)));
    return mean + deviation * radius * Math.cos(this.uniform(0, 2 * Math.PI));
  }
}
