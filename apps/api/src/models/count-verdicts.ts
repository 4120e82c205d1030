import type { JudgedImage, VerdictsOnModel } from '@mediclip/contracts';

/** How often people and a model agree, by what the people said. */
export function countVerdicts(judged: readonly JudgedImage[]): VerdictsOnModel {
  const count = (belongs: (image: JudgedImage) => boolean) => {
    const images = judged.filter(belongs);
    const normal = images.filter(({ verdict }) => verdict === 'normal').length;
    return { normal, abnormal: images.length - normal };
  };
  return {
    confirmed: count(({ decision, verdict }) => decision === verdict),
    contradicted: count(({ decision, verdict }) => decision !== undefined && decision !== verdict),
    undecided: count(({ decision }) => decision === undefined),
  };
}
