/**
 * Spearman's rank correlation, -1 to 1, of two samples of one length, ties with their mean rank; 0 where one of them is
 * constant.
 */
export function rankCorrelation(a: readonly number[], b: readonly number[]): number {
  const [x, y] = [centred(meanRanks(a)), centred(meanRanks(b))];
  const norm = Math.sqrt(dot(x, x) * dot(y, y));
  return norm === 0 ? 0 : Math.min(1, Math.max(-1, dot(x, y) / norm));
}

function meanRanks(values: readonly number[]): Float64Array {
  const order = [...values.keys()].sort((i, j) => values[i]! - values[j]!);
  const ranks = new Float64Array(values.length);
  for (let start = 0; start < order.length; ) {
    let end = start + 1;
    while (end < order.length && values[order[end]!] === values[order[start]!]) end++;
    for (let i = start; i < end; i++) ranks[order[i]!] = (start + end - 1) / 2;
    start = end;
  }
  return ranks;
}

function centred(ranks: Float64Array): Float64Array {
  const mean = ranks.reduce((sum, rank) => sum + rank, 0) / ranks.length;
  return ranks.map((rank) => rank - mean);
}

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}
