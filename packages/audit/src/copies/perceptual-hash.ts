/** Places along each side of the greys that a hash is made of. */
export const hashedSide = 32;

/** 64 bits as two 32-bit halves. */
export interface PerceptualHash {
  readonly low: number;
  readonly high: number;
}

const frequencies = 8;
const half = 32;

/** cos(pi (n + 0.5) k / side), [frequencies + 1, side]. */
const cosines = Array.from({ length: frequencies + 1 }, (_, k) =>
  Float64Array.from({ length: hashedSide }, (__, n) => Math.cos((Math.PI * (n + 0.5) * k) / hashedSide)),
);

/**
 * A bit for each of the 64 lowest frequencies of a picture's cosine transform but the mean grey: whether it is above
 * their median (pHash, Zauner 2010). Brightness and contrast leave it as it is, and compression nearly. `greys` are
 * [hashedSide, hashedSide].
 */
export function perceptualHash(greys: Float32Array): PerceptualHash {
  const alongX = new Float64Array(frequencies * hashedSide);
  for (let kx = 0; kx < frequencies; kx++) {
    const cosine = cosines[kx + 1]!;
    for (let y = 0; y < hashedSide; y++) {
      let sum = 0;
      for (let x = 0, at = y * hashedSide; x < hashedSide; x++, at++) sum += greys[at]! * cosine[x]!;
      alongX[kx * hashedSide + y] = sum;
    }
  }
  const coefficients = new Float64Array(frequencies * frequencies);
  for (let ky = 0; ky < frequencies; ky++) {
    const cosine = cosines[ky]!;
    for (let kx = 0; kx < frequencies; kx++) {
      let sum = 0;
      for (let y = 0; y < hashedSide; y++) sum += alongX[kx * hashedSide + y]! * cosine[y]!;
      coefficients[ky * frequencies + kx] = sum;
    }
  }
  const median = coefficients.slice().sort()[half]!;
  const bits = (from: number) => {
    let word = 0;
    for (let i = 0; i < half; i++) if (coefficients[from + i]! > median) word |= 1 << i;
    return word;
  };
  return { low: bits(0), high: bits(half) };
}

/** How many bits differ. */
export function hammingDistance(a: PerceptualHash, b: PerceptualHash): number {
  return bitCount(a.low ^ b.low) + bitCount(a.high ^ b.high);
}

/** Set bits of a 32-bit word. */
function bitCount(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  bits = (bits + (bits >>> 4)) & 0x0f0f0f0f;
  return Math.imul(bits, 0x01010101) >>> 24;
}
