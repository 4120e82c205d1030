import { parseArgs } from 'node:util';

const { values } = parseArgs({ options: { device: { type: 'string', default: 'cpu' } }, allowPositionals: true });

/** What `--device` asks for: `cpu`, `cuda` or `cuda:N`; the processor when it is left out. */
export const device = values.device;
