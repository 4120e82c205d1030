/** The median of some figures, and the lowest and the highest of them. */
export function spreadOf(figures) {
  const sorted = [...figures].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return {
    median: (sorted[Math.floor(middle)] + sorted[Math.ceil(middle)]) / 2,
    lowest: sorted[0],
    highest: sorted.at(-1),
  };
}

/** `12.3 (11.9 to 14.0)`: the median, and between what the figures were. */
export function describeSpread(figures, digits = 1) {
  const { median, lowest, highest } = spreadOf(figures);
  return `${median.toFixed(digits)} (${lowest.toFixed(digits)} to ${highest.toFixed(digits)})`;
}
