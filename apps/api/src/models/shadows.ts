import { type JudgedImage, type Label, ProblemError } from '@mediclip/contracts';
import { describeShadow } from '@mediclip/evaluation';
import type { HandlersOf } from '../http/handlers.js';
import type { ShadowScorer } from '../scores/shadow-scorer.js';

export function shadowHandlers(scorer: Pick<ShadowScorer, 'flush'>): HandlersOf<'getShadow'> {
  return {
    async getShadow({ params, store }) {
      const { shadow, ...alias } = await store.aliases.get(params.name);
      if (shadow === undefined) throw new ProblemError('alias-without-shadow');
      await scorer.flush();
      const judged = [alias.modelId, shadow.modelId].map((id) => store.judgedImages.of(id));
      const verdicts = verdictsByPixels((await Promise.all(judged)).flat());
      return { json: describeShadow({ ...alias, shadow }, await store.shadows.get(alias.name), verdicts) };
    },
  };
}

/** The latest verdict on each picture. */
function verdictsByPixels(judged: readonly JudgedImage[]): ReadonlyMap<string, Label> {
  const ascending = judged.toSorted((a, b) => (a.at < b.at ? -1 : 1));
  return new Map(
    ascending.flatMap(({ pixelDigest, verdict }) => (pixelDigest ? [[pixelDigest, verdict] as const] : [])),
  );
}
