import { WeightsError } from '../../weights-error.js';
import { ModuleState, Name, type Pickled, Storage, StoredTensor, storageDtypes } from './pickled.js';

type Rebuild = (argument: readonly Pickled[]) => Pickled;

/** The calls that a checkpoint may ask for; what they give is made here, without any code of the checkpoint's. */
const calls: Readonly<Record<string, Rebuild>> = {
  'collections.OrderedDict': () => new Map(),
  'torch._utils._rebuild_tensor_v2': rebuildTensor,
  'torch._utils._rebuild_parameter': ([tensor]) =>
    tensor instanceof StoredTensor ? tensor : refuse('rebuilds a parameter from something other than a tensor'),
  // TorchScript writes its attributes' types this way; the lists stay lists.
  ...Object.fromEntries(
    ['build_intlist', 'build_doublelist', 'build_boollist', 'build_tensorlist', 'restore_type_tag'].map(
      (name): [string, Rebuild] => [`torch.jit._pickle.${name}`, ([value = null]) => value],
    ),
  ),
};

const scriptModule = '__torch__.';
const mostAxes = 16;

/** Refuses a checkpoint in a sentence that says what it does. */
export function refuse(what: string): never {
  throw new WeightsError(
    'bad-checkpoint',
    `The checkpoint ${what}, so it was not read (and nothing in it was run); save the model's state_dict with torch.save and import that.`,
  );
}

/** A name that a pickle may refer to. Throws `WeightsError` for every other. */
export function acceptedName(text: string): Name {
  if (Object.hasOwn(calls, text) || Object.hasOwn(storageDtypes, text) || isScriptModule(text)) return new Name(text);
  return refuse(`asks for ${JSON.stringify(text.slice(0, 100))}, which no tensor needs`);
}

const isScriptModule = (text: string): boolean => text === '__torch__' || text.startsWith(scriptModule);

/** What a call gives. Throws `WeightsError` for one that rebuilds no tensor or container. */
export function call(callee: Pickled, argument: Pickled): Pickled {
  if (!(callee instanceof Name && Object.hasOwn(calls, callee.text) && Array.isArray(argument))) {
    return refuse(`calls ${callee instanceof Name ? callee.text : 'something that is no name'}`);
  }
  return calls[callee.text]!(argument);
}

/** A new, empty object: only TorchScript's modules. */
export function newObject(type: Pickled, argument: Pickled): ModuleState {
  if (!(type instanceof Name && isScriptModule(type.text) && Array.isArray(argument) && argument.length === 0)) {
    return refuse(`makes an object of ${type instanceof Name ? type.text : 'something that is no name'}`);
  }
  return new ModuleState();
}

/** Sets an object's state: a module's attributes. An ordered dictionary's notes on versions are dropped. */
export function setState(object: Pickled, state: Pickled): void {
  if (!(state instanceof Map)) refuse('sets a state that is no dictionary');
  if (object instanceof ModuleState) object.attributes = state;
  else if (!(object instanceof Map)) refuse('sets the state of something other than a module');
}

/** The storage that a persistent id `('storage', type, key, location, elements)` means. */
export function storageOf(id: Pickled): Storage {
  const [kind, type, key, , elements] = Array.isArray(id) ? (id as readonly Pickled[]) : [];
  if (kind !== 'storage' || !(type instanceof Name) || !Object.hasOwn(storageDtypes, type.text)) {
    return refuse('refers to an outside object that is no storage');
  }
  if (typeof key !== 'string' || !isCount(elements)) return refuse('refers to a storage without a key and a length');
  return new Storage(storageDtypes[type.text as keyof typeof storageDtypes], key, elements);
}

function rebuildTensor([storage, offset, shape, strides]: readonly Pickled[]): StoredTensor {
  if (!(storage instanceof Storage && isCount(offset) && isCounts(shape) && isCounts(strides))) {
    return refuse('rebuilds a tensor from something other than a storage, an offset, a shape and strides');
  }
  if (shape.length !== strides.length) return refuse('holds a tensor with more strides than axes, or fewer');
  const elements = shape.reduce((product, extent) => product * extent, 1);
  const last = elements === 0 ? -1 : shape.reduce((sum, extent, axis) => sum + (extent - 1) * strides[axis]!, offset);
  // Repeated elements (a stride of 0) would make a file larger than what it holds.
  if (!(elements <= storage.elements && last < storage.elements))
    return refuse('holds a tensor larger than its storage');
  return new StoredTensor(storage, offset, shape, strides);
}

const isCount = (value: Pickled | undefined): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

const isCounts = (value: Pickled | undefined): value is readonly number[] =>
  Array.isArray(value) && value.length <= mostAxes && value.every(isCount);
