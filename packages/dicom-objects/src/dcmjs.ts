import { createRequire } from 'node:module';

type Elements = Record<string, { vr: string; Value?: unknown[] }>;

interface DicomDict {
  dict: Elements;
  write(options: { readonly fragmentMultiframe: boolean }): ArrayBuffer;
}

/** The part of dcmjs that is used; it comes without types. */
interface Dcmjs {
  readonly data: {
    readonly DicomDict: new (meta: Elements) => DicomDict;
    readonly DicomMetaDictionary: { denaturalizeDataset(dataset: Record<string, unknown>): Elements };
  };
}

const require = createRequire(import.meta.url);

/** By `require`: its ES module has no mark as one, so that older versions of Node take it for CommonJS and fail. */
export const dcmjs = require('dcmjs') as Dcmjs;
