import type { Audit, AuditedImage, Dataset, Job } from '@mediclip/contracts';
import { all, get, send } from '../api/http.js';
import { go } from '../state/router.js';
import { Action } from './action.js';
import { Show, useLoaded } from './loaded.js';
import { count, groupTitle, when } from './words.js';

/** Groups of copies that are shown with their pictures. */
const shownGroups = 12;

/** Audits among which the latest of a data set is looked for. */
const latestAudits = 100;

/** What the latest audit of a data set warns of, and a way to have it looked through before anything is measured. */
export function AskForAudit({ dataset }: { dataset: Dataset }) {
  const ask = async () => go(`/app/jobs/${(await send<Job>('POST', `/v1/datasets/${dataset.id}/audits`)).id}`);
  const latest = useLoaded(async () => {
    const ended = await all<Job>('/v1/jobs?kind=audit&state=succeeded', latestAudits);
    const ofThis = ended.find((job) => job.kind === 'audit' && job.request.datasetId === dataset.id);
    if (ofThis?.kind !== 'audit' || ofThis.result === undefined) return undefined;
    // An audit goes with its data set only, but a job may outlive it in a list that was just read.
    return { jobId: ofThis.id, audit: await get<Audit>(`/v1/audits/${ofThis.result.auditId}`) };
  }, [dataset.id]);
  const found = latest.value;
  return (
    <section class="card">
      <h2>Can its figures be trusted?</h2>
      {found === undefined ? (
        <p>
          Copies between the pictures to learn from and those to test with, or something trivial that gives the labels
          away, make a detector look better than it is.
        </p>
      ) : (
        <>
          {found.audit.warnings.map(({ sentence }) => (
            <p key={sentence} class="problem">
              {sentence}
            </p>
          ))}
          <p>
            {found.audit.warnings.length === 0 && 'Nothing was found that would make figures mislead. '}
            <a href={`/app/jobs/${found.jobId}`}>What was looked for</a> on {when(found.audit.createdAt)}, in{' '}
            {count(found.audit.images.audited, 'picture')}.
          </p>
        </>
      )}
      <Action do={ask}>Look for copies and shortcuts</Action>
    </section>
  );
}

/** What an audit found: its warnings, and the pictures that are copies of each other. */
export function AuditFindings({ id }: { id: string }) {
  const loaded = useLoaded(() => get<Audit>(`/v1/audits/${id}`), [id]);
  return (
    <Show of={loaded}>
      {({ datasetId, images, warnings, copies, normals }) => (
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
          {normals && <p>{normals.advice}</p>}
          {normals && normals.outliers.length > 0 && (
            <figure>
              <figcaption class="quiet">Normal pictures that do not belong to the others</figcaption>
              <ul class="sheet">
                {normals.outliers.map((image) => (
                  <Copy key={image.imageId} {...{ datasetId, image }} />
                ))}
              </ul>
            </figure>
          )}
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
