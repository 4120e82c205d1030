import { useState } from 'preact/hooks';
import { uploadArchive, uploadImages } from '../state/uploads.js';
import { type ChosenFile, isArchive } from '../upload/chosen-files.js';
import { maskOf, type PlannedImage, type Preview, previewArchive, readableImage } from '../upload/plan.js';
import { type Reading, readingKindsOf } from '../upload/reading.js';
import { DropArea } from './drop-area.js';
import { useLoaded } from './loaded.js';
import { PlanDialog } from './plan-dialog.js';
import { ReadingChoice } from './reading-choice.js';
import { count } from './words.js';

const zones = [
  { name: 'trainNormal', label: 'Normal, to learn from' },
  { name: 'testNormal', label: 'Normal, to test with' },
  { name: 'testAbnormal', label: 'Abnormal, to test with' },
  { name: 'masks', label: 'Masks of the abnormal ones' },
] as const;

type Zone = (typeof zones)[number]['name'];
type Staged = Readonly<Record<Zone, readonly File[]>>;

const nothing: Staged = { trainNormal: [], testNormal: [], testAbnormal: [], masks: [] };

/** Four places for pictures by what they are. Nothing is sent before the button is pressed. */
export function UploadZones({ datasetId }: { datasetId: string }) {
  const [staged, setStaged] = useState(nothing);
  const [reading, setReading] = useState<Reading>({});
  const [archive, setArchive] = useState<{ readonly file: File; readonly plan: Preview }>();
  const add = (zone: Zone, files: ChosenFile[]) => {
    const [first] = files;
    if (files.length === 1 && first && isArchive(first)) {
      const { file } = first;
      void previewArchive(file).then((plan) => setArchive({ file, plan }));
    } else setStaged({ ...staged, [zone]: [...staged[zone], ...files.map(({ file }) => file)] });
  };
  const images = planOf(staged);
  const kinds = useLoaded(() => readingKindsOf(images.map(readableImage)), [staged]);
  const masks = images.filter(({ mask }) => mask !== undefined).length;
  return (
    <>
      <div class="zones">
        {zones.map(({ name, label }) => (
          <DropArea key={name} label={label} onFiles={(files) => add(name, files)}>
            <span class="quiet">
              {staged[name].length > 0 ? `${count(staged[name].length, 'file')} chosen` : 'Drop files, or click'}
            </span>
          </DropArea>
        ))}
      </div>
      <p class="quiet">
        A mask is white where the picture is abnormal, and has the name of its picture.
        {staged.masks.length > 0 && ` ${masks} of ${count(staged.masks.length, 'mask')} matched.`}
      </p>
      {kinds.value && <ReadingChoice kinds={kinds.value} reading={reading} onChange={setReading} />}
      <div class="row">
        <button
          type="button"
          class="main"
          disabled={images.length === 0}
          onClick={() => {
            setStaged(nothing);
            void uploadImages(datasetId, images, reading);
          }}
        >
          Send {images.length === 0 ? 'pictures' : count(images.length, 'picture')}
        </button>
        {images.length > 0 && (
          <button type="button" onClick={() => setStaged(nothing)}>
            Start over
          </button>
        )}
      </div>
      {archive && (
        <PlanDialog
          plan={archive.plan}
          onCancel={() => setArchive(undefined)}
          onSend={async (chosen) => {
            setArchive(undefined);
            void uploadArchive(datasetId, archive.file, chosen);
          }}
        />
      )}
    </>
  );
}

function planOf({ trainNormal, testNormal, testAbnormal, masks }: Staged): PlannedImage[] {
  return [
    ...trainNormal.map((file): PlannedImage => ({ file, split: 'train', label: 'normal' })),
    ...testNormal.map((file): PlannedImage => ({ file, split: 'test', label: 'normal' })),
    ...testAbnormal.map((file): PlannedImage => {
      const mask = maskOf(file, masks);
      return { file, split: 'test', label: 'abnormal', ...(mask && { mask }) };
    }),
  ];
}
