import type { Image, ImageChange } from '@mediclip/contracts';
import { useState } from 'preact/hooks';
import { ProblemNote } from './problem.js';

type Place = Pick<Image, 'split' | 'label'>;

const places: readonly (Place & { readonly title: string })[] = [
  { split: 'train', label: 'normal', title: 'learn: normal' },
  { split: 'test', label: 'normal', title: 'test: normal' },
  { split: 'test', label: 'abnormal', title: 'test: abnormal' },
];

interface MoveToProps {
  readonly image: Image;
  readonly onMove: (place: ImageChange) => Promise<void>;
}

/** What differs; the pictures of a group go to another split together, because it may not be parted. */
function changeOf({ split, label, group }: Image, place: Place): ImageChange {
  return {
    ...(place.split !== split && { split: place.split }),
    ...(place.label !== label && { label: place.label }),
    ...(group !== undefined && place.label === label && { wholeGroup: true }),
  };
}

/** Says what a picture is, and makes it something else. */
export function MoveTo({ image, onMove }: MoveToProps) {
  const [error, setError] = useState<unknown>();
  const at = places.findIndex(({ split, label }) => split === image.split && label === image.label);
  return (
    <>
      <select
        aria-label={`What ${image.fileName} is`}
        value={at}
        onChange={({ currentTarget }) => {
          const place = places[Number(currentTarget.value)];
          setError(undefined);
          if (place) onMove(changeOf(image, place)).catch(setError);
        }}
      >
        {at === -1 && <option value={-1}>learn: abnormal</option>}
        {places.map(({ title }, i) => (
          <option key={title} value={i}>
            {title}
          </option>
        ))}
      </select>
      <ProblemNote error={error} />
    </>
  );
}
