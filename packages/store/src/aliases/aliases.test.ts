import { describe, expect, test } from '@jest/globals';
import { AliasMoved, InvalidCursor, ModelHasAlias, NoEarlierModel, RecordNotFound } from '../errors.js';
import { newId } from '../records/ids.js';
import { newModel, testStore } from '../testing/test-store.js';

async function twoModels() {
  const { tenant, ...rest } = testStore();
  const [a, b] = [(await newModel(tenant)).model.id, (await newModel(tenant)).model.id];
  return { tenant, a, b, ...rest };
}

describe('aliases', () => {
  test('name a model, remember who moved them and when, and go back', async () => {
    const { tenant, a, b } = await twoModels();
    const keyId = newId();
    await tenant.aliases.set('production', { modelId: a }, undefined);
    const moved = await tenant.aliases.set('production', { modelId: b, ifModelId: a }, keyId);
    expect(moved).toMatchObject({ name: 'production', modelId: b });
    expect(moved.history).toMatchObject([
      { modelId: b, action: 'set', keyId },
      { modelId: a, action: 'set' },
    ]);
    expect((await tenant.aliases.get('production')).modelId).toBe(b);
    expect(await tenant.aliases.rollBack('production', keyId)).toMatchObject({ modelId: a });
    expect((await tenant.aliases.get('production')).history[0]).toMatchObject({
      modelId: a,
      action: 'rollback',
      keyId,
    });
  });

  test('are not moved by one who expects another model, and one of many who race wins', async () => {
    const { tenant, a, b } = await twoModels();
    await expect(tenant.aliases.set('x', { modelId: a, ifModelId: b }, undefined)).rejects.toThrow(AliasMoved);
    await tenant.aliases.set('x', { modelId: a, ifModelId: null }, undefined);
    await expect(tenant.aliases.set('x', { modelId: a, ifModelId: null }, undefined)).rejects.toThrow(AliasMoved);
    const race = Array.from({ length: 12 }, () =>
      tenant.aliases.set('x', { modelId: b, ifModelId: a }, undefined).then(
        () => 'won',
        (error: Error) => error.name,
      ),
    );
    expect((await Promise.all(race)).toSorted()).toEqual([...Array(11).fill('AliasMoved'), 'won']);
  });

  test('keep their model from being deleted, whoever comes first', async () => {
    const { tenant, a, b } = await twoModels();
    await tenant.aliases.set('production', { modelId: a }, undefined);
    await expect(tenant.models.delete(a)).rejects.toMatchObject({ name: 'ModelHasAlias', aliases: ['production'] });
    await expect(tenant.models.delete(a)).rejects.toThrow(ModelHasAlias);
    expect((await tenant.models.get(a)).id).toBe(a);
    const [setting, deleting] = await Promise.allSettled([
      tenant.aliases.set('other', { modelId: b }, undefined),
      tenant.models.delete(b),
    ]);
    const named = await tenant.aliases.get('other').catch(() => undefined);
    const exists = await tenant.models.get(b).catch(() => undefined);
    expect(named !== undefined).toBe(setting.status === 'fulfilled');
    expect(exists === undefined).toBe(deleting.status === 'fulfilled');
    if (named) expect(exists).toBeDefined();
  });

  test('are refused for models that are not there, and have nowhere to go back to', async () => {
    const { tenant, a, b } = await twoModels();
    await expect(tenant.aliases.set('x', { modelId: newId() }, undefined)).rejects.toThrow(RecordNotFound);
    await expect(tenant.aliases.get('x')).rejects.toThrow(RecordNotFound);
    await tenant.aliases.set('x', { modelId: a }, undefined);
    await expect(tenant.aliases.rollBack('x', undefined)).rejects.toThrow(NoEarlierModel);
    await tenant.aliases.set('x', { modelId: b }, undefined);
    await tenant.models.delete(a);
    await expect(tenant.aliases.rollBack('x', undefined)).rejects.toThrow(NoEarlierModel);
    await tenant.aliases.delete('x');
    await expect(tenant.aliases.delete('x')).rejects.toThrow(RecordNotFound);
  });

  test('are listed by name, page by page', async () => {
    const { tenant, a } = await twoModels();
    for (const name of ['c', 'a', 'b.2', 'b', 'b-1']) await tenant.aliases.set(name, { modelId: a }, undefined);
    const seen: string[] = [];
    for (let cursor: string | undefined; ; ) {
      const { items, nextCursor } = await tenant.aliases.list({ limit: 2, cursor });
      seen.push(...items.map(({ name }) => name));
      if (nextCursor === undefined) break;
      cursor = nextCursor;
    }
    expect(seen.toSorted()).toEqual(['a', 'b', 'b-1', 'b.2', 'c']);
    expect(new Set(seen).size).toBe(5);
    await expect(tenant.aliases.list({ limit: 2, cursor: '../x' })).rejects.toThrow(InvalidCursor);
  });

  test('keep a shadow until it is ended', async () => {
    const { tenant, a, b } = await twoModels();
    await tenant.aliases.set('x', { modelId: a, shadow: { modelId: b, share: 0.5 } }, undefined);
    expect((await tenant.aliases.set('x', { modelId: a }, undefined)).shadow).toEqual({ modelId: b, share: 0.5 });
    expect((await tenant.aliases.set('x', { modelId: a, shadow: null }, undefined)).shadow).toBeUndefined();
  });
});
