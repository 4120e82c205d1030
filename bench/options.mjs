import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    device: { type: 'string', default: 'cpu' },
    against: { type: 'string' },
    python: { type: 'string' },
  },
  allowPositionals: true,
});

/**
 * What is measured: `device` is `cpu`, `cuda` or `cuda:N`, `against` the folder of another built checkout, `python` the
 * path of a Python that has what `dicom.py` and `peer/service.py` name.
 */
export const { device, against, python } = values;
