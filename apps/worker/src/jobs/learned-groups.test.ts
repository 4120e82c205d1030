import { expect, test } from '@jest/globals';
import type { Image, Lineage } from '@mediclip/contracts';
import { learnedGroups, rememberedGroup, rememberedGroups } from './learned-groups.js';

const image = (datasetId: string, group?: string) => ({ datasetId, group }) as Image;

test('a model keeps no name of a group, and knows it again in its data set only', () => {
  const series = `series-${'ab'.repeat(16)}`;
  const lineage = rememberedGroups([
    image('a', 'Ada Lovelace'),
    image('a', 'Ada Lovelace'),
    image('a', series),
    image('a'),
  ]);
  expect(lineage.groups).toEqual([expect.stringMatching(/^named-[0-9a-f]{32}$/), series]);
  const known = learnedGroups({ datasetId: 'a', ...lineage } as Lineage);
  const knows = (group: string, datasetId: string) => known.has(rememberedGroup(group, datasetId));
  expect([knows('Ada Lovelace', 'a'), knows('Ada Lovelace', 'b'), knows(series, 'b')]).toEqual([true, false, true]);
  expect(rememberedGroups([image('a')])).toEqual({});
});

test('groups that an earlier version wrote down by name are known, too', () => {
  const added = [{ datasetId: 'b', groups: ['Grace'] }];
  const known = learnedGroups({ datasetId: 'a', groups: ['Ada'], added } as unknown as Lineage);
  expect(known).toEqual(new Set([rememberedGroup('Ada', 'a'), rememberedGroup('Grace', 'b')]));
});
