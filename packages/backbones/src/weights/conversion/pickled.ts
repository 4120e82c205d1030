/** What a pickle may hold here: plain values, containers, and the parts from which tensors are rebuilt. */
export type Pickled =
  | null
  | boolean
  | number
  | string
  | readonly Pickled[]
  | Map<Pickled, Pickled>
  | Name
  | Storage
  | StoredTensor
  | ModuleState;

/**
 * A name that a pickle refers to, e.g. `torch.HalfStorage`. It stands for itself: nothing is ever looked up or called.
 */
export class Name {
  constructor(readonly text: string) {}
}

/** Element types of PyTorch's storages, under safetensors' names. */
export const storageDtypes = {
  'torch.DoubleStorage': 'F64',
  'torch.FloatStorage': 'F32',
  'torch.HalfStorage': 'F16',
  'torch.BFloat16Storage': 'BF16',
  'torch.LongStorage': 'I64',
  'torch.IntStorage': 'I32',
  'torch.CharStorage': 'I8',
  'torch.ByteStorage': 'U8',
  'torch.BoolStorage': 'BOOL',
} as const;

/** A stretch of numbers that lies in the archive under `data/KEY`. */
export class Storage {
  constructor(
    readonly dtype: (typeof storageDtypes)[keyof typeof storageDtypes],
    readonly key: string,
    readonly elements: number,
  ) {}
}

/** A tensor as a view of a storage; offset and strides count elements. */
export class StoredTensor {
  constructor(
    readonly storage: Storage,
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
  ) {}
}

/** A module of a TorchScript archive: its attributes by name, none of its code. */
export class ModuleState {
  attributes: ReadonlyMap<Pickled, Pickled> = new Map();
}
