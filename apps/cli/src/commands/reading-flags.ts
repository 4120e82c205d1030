import type { DicomGroups, SliceAxis } from '@mediclip/contracts';
import { dicomGroupings, sliceAxes } from '@mediclip/contracts/words';
import { type Command, Option } from 'commander';

/** How files are read that can be read in more than one way. */
export interface AxisFlags {
  readonly axis?: SliceAxis | undefined;
}

export interface ReadingFlags extends AxisFlags {
  readonly dicomGroups?: DicomGroups | undefined;
}

export function addAxisFlag(command: Command): Command {
  return command.addOption(
    new Option('--axis <axis>', 'slices of NIfTI volumes (default: across the axis of the largest spacing)').choices(
      sliceAxes,
    ),
  );
}

export function addReadingFlags(command: Command): Command {
  return addAxisFlag(command).addOption(
    new Option('--dicom-groups <kind>', 'what DICOM images belong together by (default: series)').choices(
      dicomGroupings,
    ),
  );
}
