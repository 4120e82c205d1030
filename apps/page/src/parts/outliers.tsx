import type { Lineage } from '@mediclip/contracts';
import { count, foreignFlags } from './words.js';

/** The pictures among those to learn from that do not belong to the others, and what to do about them. */
export function Outliers({ datasetId, outliers = [] }: Pick<Lineage, 'datasetId' | 'outliers'>) {
  if (outliers.length === 0) return null;
  const learned = outliers.filter(({ excluded }) => !excluded).length;
  return (
    <section class="card">
      <h2>Pictures that do not belong to the others</h2>
      <p>
        {learned > 0
          ? `It has learned from ${count(learned, 'picture')} that ${learned === 1 ? 'is' : 'are'} of another kind than the rest, and may take such ones for normal. Remove what does not belong from the data set, and make the detector again.`
          : `${count(outliers.length, 'picture was', 'pictures were')} left out, because nothing like ${outliers.length === 1 ? 'it is' : 'them is'} among the others.`}
      </p>
      <ul class="sheet">
        {outliers.map(({ imageId, kind, excluded }) => (
          <li key={imageId}>
            <img
              src={`/v1/datasets/${datasetId}/images/${imageId}/preview?side=160`}
              alt=""
              loading="lazy"
              decoding="async"
            />
            <span class="quiet">
              {foreignFlags[kind]}
              {excluded ? ', left out' : ', learned from'}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
