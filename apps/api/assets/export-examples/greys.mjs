// How greys of 16 bits become the 8 bits that a model was adapted to.

// The grey of a value: by the window of the model, or from its percentiles of the image (a PNG has no window of its
// own), background left out.
export function greysOf(values, width, height, intensity) {
  if (intensity === undefined) {
    const { low, high } = wholeRange(values);
    if (low === high) return (value) => (value > 0 ? 255 : 0);
    return (value) => Math.round(Math.min(Math.max((value - low) / (high - low), 0), 1) * 255);
  }
  const [low, high] =
    intensity.kind === 'window' ? windowEnds(intensity) : percentileEnds(values, width, height, intensity);
  if (!(high > low)) return (value) => (value > low ? 255 : 0);
  return (value) => Math.floor(Math.min(Math.max((value - low) / (high - low), 0), 1) * 255 + 0.5 + 1e-6);
}

function windowEnds({ centre, width }) {
  return [centre - width / 2, centre + width / 2];
}

function percentileEnds(values, width, height, intensity) {
  const { low, high } = intensity.kind === 'percentiles' ? intensity : { low: 0.5, high: 99.5 };
  const foreground = foregroundOf(values, width, height);
  return [percentile(foreground, low), percentile(foreground, high)];
}

function percentile(sorted, percent) {
  const place = (percent / 100) * (sorted.length - 1);
  const below = Math.floor(place);
  return sorted[below] + (place - below) * (sorted[Math.min(below + 1, sorted.length - 1)] - sorted[below]);
}

// Ascending, of a grid of at most 256 x 256 points: without what is connected to the border through the darkest
// twentieth of the range.
function foregroundOf(values, width, height) {
  const [columns, rows] = [Math.min(width, 256), Math.min(height, 256)];
  const at = (column, row) =>
    values[Math.floor(((row + 0.5) * height) / rows) * width + Math.floor(((column + 0.5) * width) / columns)];
  const grid = Float64Array.from({ length: columns * rows }, (_, i) => at(i % columns, Math.floor(i / columns)));
  const all = grid.slice().sort();
  const [low, high] = [percentile(all, 0.5), percentile(all, 99.5)];
  const limit = low + (0.05 + 1e-6) * (high - low);
  const isGround = new Uint8Array(grid.length);
  const waiting = [];
  const visit = (column, row) => {
    const place = row * columns + column;
    const isInside = column >= 0 && row >= 0 && column < columns && row < rows;
    if (!isInside || isGround[place] || grid[place] > limit) return;
    isGround[place] = 1;
    waiting.push([column, row]);
  };
  for (let column = 0; column < columns; column++) for (const row of [0, rows - 1]) visit(column, row);
  for (let row = 0; row < rows; row++) for (const column of [0, columns - 1]) visit(column, row);
  while (waiting.length > 0) {
    const [column, row] = waiting.pop();
    for (const step of [-1, 1]) {
      visit(column + step, row);
      visit(column, row + step);
    }
  }
  const kept = grid.filter((_, i) => !isGround[i]).sort();
  return kept.length < 0.01 * grid.length ? all : kept;
}

// The range of the values, but for what lies farther from their central range than twice its width.
function wholeRange(values) {
  const sorted = Uint16Array.from(values).sort();
  const rank = Math.floor(sorted.length * 0.005);
  const [low, high] = [sorted[rank], sorted[sorted.length - 1 - rank]];
  const reach = low === high ? Infinity : 2 * (high - low);
  return { low: sorted.find((value) => value >= low - reach), high: sorted.findLast((value) => value <= high + reach) };
}
