import { listBackbones } from '@mediclip/backbones';
import { type Backbone, ProblemError } from '@mediclip/contracts';
import type { HandlersOf } from '../http/handlers.js';
import { jsonPage } from '../http/json-page.js';

export function backboneHandlers(modelsFolder: string): HandlersOf<'listBackbones'> {
  return {
    async listBackbones({ query: { limit, cursor } }) {
      const all = listBackbones({ modelsFolder });
      const place = cursor === undefined ? 0 : all.findIndex(({ id }) => id === cursor) + 1;
      if (cursor !== undefined && place === 0) throw unknownCursor();
      const items = all.slice(place, place + limit).map(toBackbone);
      return { json: jsonPage({ items, nextCursor: place + limit < all.length ? items.at(-1)?.id : undefined }) };
    },
  };
}

function toBackbone(listed: ReturnType<typeof listBackbones>[number]): Backbone {
  return {
    id: listed.id,
    name: listed.name,
    description: listed.description,
    family: listed.family,
    textFamily: listed.textFamily,
    contrastive: listed.contrastive,
    inputSide: listed.side,
    embeddingWidth: listed.embeddingWidth,
    taps: [...listed.taps],
    tapWidths: [...listed.tapWidths],
    bundled: listed.bundled,
    available: listed.weightsPresent,
    licence: listed.licence,
    digest: listed.digest,
  };
}

function unknownCursor(): ProblemError {
  const detail = 'The cursor is none that a page gave: begin again without a cursor';
  return new ProblemError('validation-failed', `${detail}.`, { errors: [{ in: 'query', pointer: '/cursor', detail }] });
}
