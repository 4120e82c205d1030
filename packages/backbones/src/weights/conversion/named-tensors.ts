import { ModuleState, type Pickled, StoredTensor } from './pickled.js';
import { refuse } from './rebuild.js';

const mostVisits = 1_000_000;
const mostLevels = 64;
/** What PyTorch's `DataParallel` puts before every name. */
const parallelPrefix = 'module.';

/**
 * The tensors of an unpickled checkpoint by name: those of its `state_dict` entry if it has one, else of all its nested
 * dictionaries and modules, joined by dots. Other values (epochs, settings) are passed over. Throws `WeightsError`.
 */
export function namedTensors(checkpoint: Pickled): Map<string, StoredTensor> {
  const root = checkpoint instanceof Map ? (checkpoint.get('state_dict') ?? checkpoint) : checkpoint;
  const tensors = new Map<string, StoredTensor>();
  let visits = 0;
  const visit = (value: Pickled, path: readonly string[]): void => {
    visits += 1;
    if (visits > mostVisits || path.length > mostLevels) refuse('nests its parts without end');
    if (value instanceof StoredTensor) {
      const name = path.join('.');
      if (tensors.has(name)) refuse(`has two tensors called ${JSON.stringify(name.slice(0, 100))}`);
      tensors.set(name, value);
      return;
    }
    const parts = value instanceof ModuleState ? value.attributes : value;
    if (!(parts instanceof Map)) return;
    for (const [name, part] of parts) if (typeof name === 'string') visit(part, [...path, name]);
  };
  visit(root, []);
  if (tensors.size === 0 || tensors.has('')) refuse('holds no tensors by name');
  return withoutPrefix(tensors);
}

function withoutPrefix(tensors: Map<string, StoredTensor>): Map<string, StoredTensor> {
  if (![...tensors.keys()].every((name) => name.startsWith(parallelPrefix))) return tensors;
  return new Map([...tensors].map(([name, tensor]) => [name.slice(parallelPrefix.length), tensor]));
}
