import type { NormalImage } from '@mediclip/synthesis';

/** How a copy lies in the frame: turned about its middle by so many degrees, and so many times as large. */
interface Placement {
  readonly degrees: number;
  readonly scale: number;
}

const placements: readonly Placement[] = [
  { degrees: 15, scale: 1 },
  { degrees: -15, scale: 1 },
  { degrees: 0, scale: 0.85 },
  { degrees: 0, scale: 1.17 },
];

/** From so many normals on a memory knows how they vary without copies (`docs/accuracy.md`). */
const enoughNormals = 8;

/**
 * For a memory of few normals: copies of each, turned and scaled, as they might have been taken; those of one normal
 * follow each other. None of enough normals. Images are square, grey or RGB.
 */
export function placedCopies(normals: readonly NormalImage[]): NormalImage[] {
  if (normals.length >= enoughNormals) return [];
  return normals.flatMap((normal) => placements.map((placement) => place(normal, placement)));
}

/** Of the features of normals and then of their `placedCopies`, the normal that those at a place are of. */
export const normalAt = (place: number, normals: number): number =>
  place < normals ? place : Math.floor((place - normals) / placements.length);

/** The pixel between four, and those of the edge beyond it. */
function place({ width: side, height, data }: NormalImage, { degrees, scale }: Placement): NormalImage {
  const channels = data.length / (side * height);
  const [cosine, sine] = [Math.cos, Math.sin].map((of) => of((degrees * Math.PI) / 180) / scale) as [number, number];
  const middle = (side - 1) / 2;
  const within = (value: number) => Math.min(side - 1, Math.max(0, value));
  const placed = new Uint8Array(data.length);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const fromX = within(middle + cosine * (x - middle) + sine * (y - middle));
      const fromY = within(middle - sine * (x - middle) + cosine * (y - middle));
      const [left, top] = [Math.min(side - 2, Math.floor(fromX)), Math.min(side - 2, Math.floor(fromY))];
      const [right, down] = [fromX - left, fromY - top];
      for (let channel = 0; channel < channels; channel++) {
        const at = (row: number, column: number) => data[(row * side + column) * channels + channel]!;
        const upper = (1 - right) * at(top, left) + right * at(top, left + 1);
        const lower = (1 - right) * at(top + 1, left) + right * at(top + 1, left + 1);
        placed[(y * side + x) * channels + channel] = Math.round((1 - down) * upper + down * lower);
      }
    }
  }
  return { width: side, height, data: placed };
}
