/**
 * What a server measures by itself, as it stands now: a function from the name of a series, with its labels, to its
 * value; 0 for one that is not there.
 */
export async function serverMetrics(baseUrl) {
  const lines = (await (await fetch(`${baseUrl}/metrics`)).text()).split('\n');
  const values = new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]));
  return (series) => values.get(series) ?? 0;
}
