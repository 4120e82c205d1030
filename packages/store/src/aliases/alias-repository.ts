import {
  type Alias,
  type AliasMove,
  type AliasRecord,
  type AliasSet,
  aliasNameSchema,
  type Page,
} from '@mediclip/contracts';
import {
  AliasMoved,
  InvalidCursor,
  NoEarlierModel,
  PreconditionFailed,
  RecordExists,
  RecordNotFound,
} from '../errors.js';
import { findModel, isUsableModel } from '../models/model-record.js';
import type { Document, Documents } from '../records/documents.js';
import type { PageRequest } from '../records/pages.js';
import { type Tenant, timestamp } from '../records/tenant.js';
import { announceEvent } from '../webhooks/announce-event.js';
import { aliasDocuments, aliasesOf, aliasKey } from './alias-record.js';
import { shadowKey } from './shadow-repository.js';

/** As many moves are kept. */
const longestHistory = 100;
const mostTries = 50;
/** Moves that are older are not told any more. */
const lateMs = 86_400_000;

/** Who moves an alias: the id of an API key, where there are keys. */
export type MovedBy = string | undefined;

/** Names that stand for models of one tenant. Methods reject with `RecordNotFound` when the alias is not there. */
export class AliasRepository {
  readonly #tenant: Tenant;
  readonly #documents: Documents<AliasRecord>;

  constructor(tenant: Tenant) {
    this.#tenant = tenant;
    this.#documents = aliasDocuments(tenant);
  }

  async get(name: string): Promise<Alias> {
    return toAlias(found(name, (await this.#read(name))?.value));
  }

  /** By name. Rejects with `InvalidCursor`. */
  async list({ limit, cursor }: PageRequest): Promise<Page<Alias>> {
    if (cursor !== undefined && !aliasNameSchema.safeParse(cursor).success) {
      throw new InvalidCursor('The cursor is none that a page gave: begin again without a cursor.');
    }
    const items: Alias[] = [];
    for await (const record of aliasesOf(this.#tenant, cursor)) {
      if (items.length === limit) return { items, nextCursor: items.at(-1)!.name };
      items.push(toAlias(record));
    }
    return { items };
  }

  /**
   * Moves the alias to a model, or makes it. Rejects with `AliasMoved` when it does not name `ifModelId`, and with
   * `RecordNotFound` when a model is not there.
   */
  async set(name: string, { modelId, ifModelId, shadow, dicomResults }: AliasSet, keyId: MovedBy): Promise<Alias> {
    await this.#assertModels([modelId, ...(shadow ? [shadow.modelId] : [])]);
    return this.#write(name, async (present) => {
      if (ifModelId !== undefined && (present?.modelId ?? null) !== ifModelId) {
        throw new AliasMoved(
          present ? `The alias ${name} names the model ${present.modelId} now.` : `There is no alias ${name}.`,
        );
      }
      const { shadow: shadowBefore, dicomResults: resultsBefore, ...rest } = present ?? this.#newAlias(name, modelId);
      const nextShadow = shadow === undefined ? shadowBefore : (shadow ?? undefined);
      const nextResults = dicomResults === undefined ? resultsBefore : (dicomResults ?? undefined);
      const next = {
        ...rest,
        ...(nextShadow && { shadow: nextShadow }),
        ...(nextResults && { dicomResults: nextResults }),
      };
      return moved(next, this.#move(modelId, 'set', keyId));
    });
  }

  /** Moves the alias back to the latest other model of its history that still exists. Rejects with `NoEarlierModel`. */
  rollBack(name: string, keyId: MovedBy): Promise<Alias> {
    return this.#write(name, async (present) => {
      const alias = found(name, present);
      for (const { modelId } of alias.history) {
        if (modelId !== alias.modelId && (await findModel(this.#tenant, modelId))) {
          return moved(alias, this.#move(modelId, 'rollback', keyId));
        }
      }
      throw new NoEarlierModel(`The alias ${name} has named no other model that still exists.`);
    });
  }

  async delete(name: string): Promise<void> {
    found(name, (await this.#read(name))?.value);
    const at = timestamp(this.#tenant);
    await announceEvent(this.#tenant, { event: 'alias.changed', at, key: name, data: { alias: name, modelId: null } });
    await this.#tenant.objects.delete(aliasKey(this.#tenant, name));
    await this.#tenant.objects.delete(shadowKey(this.#tenant, name));
  }

  /** Tells webhooks of moves whose process died before it could. */
  async sweep(): Promise<void> {
    const oldest = new Date(this.#tenant.now() - lateMs).toISOString();
    for await (const { name, history } of aliasesOf(this.#tenant)) {
      for (const move of history) if (move.at >= oldest) await this.#tell(name, move);
    }
  }

  async #tell(name: string, { at, modelId }: AliasMove): Promise<void> {
    await announceEvent(this.#tenant, { event: 'alias.changed', at, key: name, data: { alias: name, modelId } });
  }

  /**
   * Reads, changes and writes until nobody wrote in between, then looks whether the model is still there. A deletion of
   * the model marks it first and looks for aliases then, so that of the two at least one sees the other and is undone.
   */
  async #write(name: string, change: (present: AliasRecord | undefined) => Promise<AliasRecord>): Promise<Alias> {
    for (let attempt = 1; ; attempt++) {
      const read = await this.#read(name);
      const next = await change(read?.value);
      try {
        await this.#put(name, read, next);
      } catch (error) {
        const lost = error instanceof PreconditionFailed || error instanceof RecordExists;
        if (!lost || attempt === mostTries) throw error;
        continue;
      }
      if (await isUsableModel(this.#tenant, next.modelId)) {
        await this.#tell(name, next.history[0]!);
        return toAlias(next);
      }
      await this.#undo(name, read?.value, next);
      throw modelNotFound(next.modelId);
    }
  }

  async #put(name: string, read: Document<AliasRecord> | undefined, next: AliasRecord): Promise<void> {
    const key = aliasKey(this.#tenant, name);
    if (read === undefined) await this.#documents.create(key, next);
    else await this.#documents.replace(key, read, next);
  }

  async #undo(name: string, before: AliasRecord | undefined, written: AliasRecord): Promise<void> {
    const key = aliasKey(this.#tenant, name);
    if (before === undefined) {
      await this.#tenant.objects.delete(key);
    } else {
      await this.#documents.update(key, (present) => (present.updatedAt === written.updatedAt ? before : undefined));
    }
  }

  #newAlias(name: string, modelId: string): AliasRecord {
    const now = timestamp(this.#tenant);
    return { schemaVersion: 1, name, modelId, createdAt: now, updatedAt: now, history: [] as never };
  }

  #move(modelId: string, action: AliasMove['action'], keyId: MovedBy): AliasMove {
    return { modelId, at: timestamp(this.#tenant), action, ...(keyId !== undefined && { keyId }) };
  }

  async #assertModels(ids: readonly string[]): Promise<void> {
    for (const id of ids) if (!(await isUsableModel(this.#tenant, id))) throw modelNotFound(id);
  }

  async #read(name: string): Promise<Document<AliasRecord> | undefined> {
    return aliasNameSchema.safeParse(name).success ? this.#documents.read(aliasKey(this.#tenant, name)) : undefined;
  }
}

function moved(alias: AliasRecord, move: AliasMove): AliasRecord {
  const history = move.modelId === alias.history[0]?.modelId ? alias.history : [move, ...alias.history];
  return { ...alias, modelId: move.modelId, updatedAt: move.at, history: history.slice(0, longestHistory) };
}

function modelNotFound(id: string): RecordNotFound {
  return new RecordNotFound(`There is no model with the id ${id}: list the models.`);
}

function found(name: string, record: AliasRecord | undefined): AliasRecord {
  if (record === undefined) throw new RecordNotFound(`There is no alias with the name ${name}: list the aliases.`);
  return record;
}

function toAlias({ schemaVersion, ...alias }: AliasRecord): Alias {
  return alias;
}
