import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';

const docs = new URL('../../../../docs/', import.meta.url);
const dashboard = readFileSync(new URL('grafana-dashboard.json', docs), 'utf8');
const guide = readFileSync(new URL('operations.md', docs), 'utf8');

test('the dashboard shows every metric of docs/operations.md, and no other', () => {
  const shown = [...dashboard.matchAll(/\bmediclip_\w+/g)].map(([name]) => name.replace(/_(bucket|sum|count)$/, ''));
  const listed = [...guide.matchAll(/^\| `(mediclip_\w+)/gm)].map(([, name]) => name);
  expect(listed.length).toBeGreaterThan(0);
  expect([...new Set(shown)].sort()).toEqual(listed.sort());
});

test('panels do not overlap', () => {
  const { panels } = JSON.parse(dashboard) as { panels: { gridPos: { x: number; y: number; w: number; h: number } }[] };
  const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, index) => `${x + (index % w)},${y + Math.floor(index / w)}`),
  );
  expect(new Set(cells).size).toBe(cells.length);
});
