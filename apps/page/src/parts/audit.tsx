import type { Audit, AuditedImage, Dataset, Job } from '@mediclip/contracts';
import { get, send } from '../api/http.js';
import { go } from '../state/router.js';
import { Action } from './action.js';
import { Show, useLoaded } from './loaded.js';
import { count, groupTitle } from './words.js';

/** Groups of copies that are shown with their pictures. */
const shownGroups = 12;

/** A way to have a data set looked through before anything is measured on it. */
export function AskForAudit({ dataset }: { dataset: Dataset }) {
  const ask = async () => go(`/app/jobs/${(await send<Job>('POST', `/v1/datasets/${dataset.id}/audits`)).id}`);
  return <Action do={ask}>Look for copies and shortcuts</Action>;
}

/** What an audit found: its warnings, and the pictures that are copies of each other. */
export function AuditFindings({ id }: { id: string }) {
  const loaded = useLoaded(() => get<Audit>(`/v1/audits/${id}`), [id]);
  return (
    <Show of={loaded}>
      {({ datasetId, images, warnings, copies }) => (
        <section>
          <h2>What was found</h2>
          <p>
            {count(images.audited, 'picture')} looked at{images.rejected > 0 && `, ${images.rejected} not readable`}.{' '}
            {warnings.length === 0 && 'Nothing that would make figures mislead.'}
          </p>
          {warnings.map(({ sentence }) => (
            <p key={sentence} class="problem">
              {sentence}
            </p>
          ))}
          {copies.groups.slice(0, shownGroups).map((group) => (
            <figure key={group.images[0]?.imageId}>
              <figcaption class="quiet">{likeness[group.kind]}</figcaption>
              <ul class="sheet">
                {group.images.map((image) => (
                  <Copy key={image.imageId} {...{ datasetId, image }} />
                ))}
              </ul>
            </figure>
          ))}
          {copies.groupCount > shownGroups && (
            <p class="quiet">
              {shownGroups} of {count(copies.groupCount, 'group')} of copies are shown; <code>GET /v1/audits/{id}</code>{' '}
              lists more.
            </p>
          )}
        </section>
      )}
    </Show>
  );
}

function Copy({ datasetId, image }: { datasetId: string; image: AuditedImage }) {
  return (
    <li>
      <img
        src={`/v1/datasets/${datasetId}/images/${image.imageId}/preview?side=160`}
        alt={image.fileName}
        loading="lazy"
        decoding="async"
      />
      <span class="quiet name">{image.fileName}</span>
      <span class="quiet">{groupTitle(image.split, image.label)}</span>
    </li>
  );
}

const likeness: Record<Audit['copies']['groups'][number]['kind'], string> = {
  'equal-bytes': 'The same file',
  'equal-pixels': 'The same picture in another file',
  near: 'The same picture, turned, mirrored, cropped, made brighter or compressed again',
};
