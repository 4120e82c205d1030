import type { Box } from '../box.js';

/**
 * The bounding boxes of the 4-connected regions of non-zero pixels of a mask [side, side], in scan order of the
 * regions' first pixels.
 */
export function regionBoxes(mask: Uint8Array, side: number): Box[] {
  const left = mask.slice();
  const stack = new Int32Array(mask.length);
  const boxes: Box[] = [];
  for (let first = 0; first < left.length; first++) {
    if (left[first] === 0) continue;
    let top = side;
    let bottom = -1;
    let leftmost = side;
    let rightmost = -1;
    let waiting = 0;
    const visit = (pixel: number) => {
      left[pixel] = 0;
      stack[waiting++] = pixel;
    };
    visit(first);
    while (waiting > 0) {
      const pixel = stack[--waiting]!;
      const column = pixel % side;
      const row = (pixel - column) / side;
      top = Math.min(top, row);
      bottom = Math.max(bottom, row);
      leftmost = Math.min(leftmost, column);
      rightmost = Math.max(rightmost, column);
      if (row > 0 && left[pixel - side] !== 0) visit(pixel - side);
      if (row < side - 1 && left[pixel + side] !== 0) visit(pixel + side);
      if (column > 0 && left[pixel - 1] !== 0) visit(pixel - 1);
      if (column < side - 1 && left[pixel + 1] !== 0) visit(pixel + 1);
    }
    boxes.push({ row: top, column: leftmost, rows: bottom - top + 1, columns: rightmost - leftmost + 1 });
  }
  return boxes;
}
