import type { Dataset, Image, Label, Split } from '@mediclip/contracts';
import { useEffect, useState } from 'preact/hooks';
import { all, get, remove, send } from '../api/http.js';
import { Action } from '../parts/action.js';
import { AskForAudit } from '../parts/audit.js';
import { Show, useLoaded } from '../parts/loaded.js';
import { MakeDetector } from '../parts/make-detector.js';
import { MoveTo } from '../parts/move-to.js';
import { UploadCard } from '../parts/upload-card.js';
import { UploadZones } from '../parts/upload-zones.js';
import { count, groupTitle, size } from '../parts/words.js';
import { uploads } from '../state/uploads.js';

const groups = [
  ['train', 'normal'],
  ['train', 'abnormal'],
  ['test', 'normal'],
  ['test', 'abnormal'],
] as const;

const shownAtFirst = 48;

/** A data set: what is in it, a place to add more, and the way to a detector. */
export function DatasetScreen({ id }: { id: string }) {
  const ofThis = uploads.value.filter(({ datasetId }) => datasetId === id);
  const arrived = ofThis.reduce((sum, { stored }) => sum + stored, 0);
  const loaded = useLoaded(() => get<Dataset>(`/v1/datasets/${id}`), [id, arrived]);
  return (
    <Show of={loaded}>
      {(dataset) => (
        <>
          <h1>{dataset.name}</h1>
          <p>
            {dataset.counts.total === 0
              ? 'There are no pictures in it yet.'
              : `${count(dataset.counts.total, 'picture')}: ${dataset.counts.train.normal} normal to learn from, ${dataset.counts.test.normal} normal and ${dataset.counts.test.abnormal} abnormal to test with.`}
          </p>
          {ofThis.map((upload) => (
            <UploadCard key={upload.id} upload={upload} />
          ))}
          {dataset.counts.total === 0 && (
            <section class="card">
              <h2>Add pictures</h2>
              <UploadZones datasetId={id} />
            </section>
          )}
          <MakeDetector dataset={dataset} />
          {dataset.counts.total > 1 && <AskForAudit dataset={dataset} />}
          {dataset.counts.total > 0 && (
            <details class="card">
              <summary>Add pictures</summary>
              <UploadZones datasetId={id} />
            </details>
          )}
          {groups.map(([split, label]) =>
            dataset.counts[split][label] === 0 ? null : (
              <Sheet
                key={split + label}
                {...{ id, split, label }}
                total={dataset.counts[split][label]}
                onChange={loaded.reload}
              />
            ),
          )}
        </>
      )}
    </Show>
  );
}

interface SheetProps {
  readonly id: string;
  readonly split: Split;
  readonly label: Label;
  readonly total: number;
  readonly onChange: () => void;
}

/** The pictures of one kind, small. */
function Sheet({ id, split, label, total, onChange }: SheetProps) {
  const [atMost, setAtMost] = useState(shownAtFirst);
  const loaded = useLoaded(
    () => all<Image>(`/v1/datasets/${id}/images?split=${split}&label=${label}`, atMost),
    [id, split, label, atMost, total],
  );
  useEffect(() => setAtMost(shownAtFirst), [id]);
  return (
    <section>
      <h2>
        {groupTitle(split, label)} ({total})
      </h2>
      <Show of={loaded}>
        {(images) => (
          <>
            <ul class="sheet">
              {images.map((image) => (
                <li key={image.id}>
                  <img
                    src={`/v1/datasets/${id}/images/${image.id}/preview?side=160`}
                    alt={image.fileName}
                    loading="lazy"
                    decoding="async"
                  />
                  <span class="quiet name">
                    {image.fileName}
                    {image.frame !== undefined && ` (${image.frame})`}
                  </span>
                  <span class="quiet">
                    {image.width} × {image.height}, {size(image.sizeBytes)}
                    {image.mask && ', mask'}
                    {image.technicalTags?.modality && `, ${image.technicalTags.modality}`}
                  </span>
                  <MoveTo
                    image={image}
                    onMove={async (place) => {
                      await send('PATCH', `/v1/datasets/${id}/images/${image.id}`, place);
                      onChange();
                    }}
                  />
                  <Action
                    do={async () => {
                      await remove(`/v1/datasets/${id}/images/${image.id}`);
                      onChange();
                    }}
                  >
                    Remove<span class="unseen"> {image.fileName}</span>
                  </Action>
                </li>
              ))}
            </ul>
            {images.length < total && (
              <button type="button" onClick={() => setAtMost(atMost * 4)}>
                Show more
              </button>
            )}
          </>
        )}
      </Show>
    </section>
  );
}
