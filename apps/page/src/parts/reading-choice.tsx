import type { DicomGroups, SliceAxis } from '@mediclip/contracts';
import type { Reading, ReadingKind } from '../upload/reading.js';
import { Options } from './options.js';

interface ReadingChoiceProps {
  readonly kinds: ReadonlySet<ReadingKind>;
  readonly reading: Reading;
  readonly onChange: (reading: Reading) => void;
}

const groups: readonly (readonly [value: DicomGroups, title: string])[] = [
  ['series', 'one series (as usual)'],
  ['study', 'one study'],
  ['patient', 'one patient'],
];

const slices: readonly (readonly [value: SliceAxis | '', title: string])[] = [
  ['', 'across the widest spacing (as usual)'],
  ['axial', 'axial, from foot to head'],
  ['coronal', 'coronal, from back to front'],
  ['sagittal', 'sagittal, from left to right'],
];

/** How DICOM files and volumes are read, where there are any. */
export function ReadingChoice({ kinds, reading, onChange }: ReadingChoiceProps) {
  return (
    <>
      {kinds.has('dicom') && (
        <label class="choice">
          DICOM pictures belong together when they are of
          <select
            value={reading.dicomGroups ?? 'series'}
            onChange={({ currentTarget: { value } }) => onChange({ ...reading, dicomGroups: value as DicomGroups })}
          >
            <Options of={groups} />
          </select>
          <span class="quiet">
            What belongs together is learned from or tested with as a whole. If a patient has several series, choose the
            patient, unless the files were made anonymous with one number for all.
          </span>
        </label>
      )}
      {kinds.has('nifti') && (
        <label class="choice">
          Of NIfTI volumes take the slices
          <select
            value={reading.axis ?? ''}
            onChange={({ currentTarget: { value } }) =>
              onChange({ ...reading, axis: value === '' ? undefined : (value as SliceAxis) })
            }
          >
            <Options of={slices} />
          </select>
          <span class="quiet">
            A detector knows the slices that it has learned from: choose the same for all volumes that it is to see.
          </span>
        </label>
      )}
    </>
  );
}
