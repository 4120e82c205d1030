import { PickleStack } from './pickle-stack.js';
import type { Pickled } from './pickled.js';
import { acceptedName, call, newObject, refuse, setState, storageOf } from './rebuild.js';

/**
 * The value of a pickle that holds tensors, dictionaries, lists and plain values. A pickle is a program; here only the
 * instructions that PyTorch needs to rebuild tensors are known, names are compared with a short list and never looked
 * up, and every other instruction and name is refused. Memory and time are in proportion to the bytes. Throws
 * `WeightsError`. Source: Python's `pickletools`.
 */
export function unpickle(bytes: Uint8Array): Pickled {
  const source = new PickleBytes(bytes);
  const stack = new PickleStack();
  for (;;) {
    const code = source.uint8();
    if (code === stop) return stack.pop();
    const instruction = instructions.get(code);
    if (!instruction) {
      refuse(`uses the pickle instruction ${refused.get(code) ?? `number ${code}`}, which no tensor needs`);
    }
    instruction(stack, source);
  }
}

type Instruction = (stack: PickleStack, source: PickleBytes) => void;

const stop = 0x2e;
const newestProtocol = 5;
const largestLongBytes = 8;

const instructions: ReadonlyMap<number, Instruction> = new Map<number, Instruction>([
  [0x80, (_, source) => source.uint8() <= newestProtocol || refuse('is of an unknown pickle protocol')],
  [0x95, (_, source) => source.skip(8)], // FRAME
  [0x28, (stack) => stack.mark()],
  // Plain values.
  [0x4e, (stack) => stack.push(null)],
  [0x88, (stack) => stack.push(true)],
  [0x89, (stack) => stack.push(false)],
  [0x4b, (stack, source) => stack.push(source.uint8())],
  [0x4d, (stack, source) => stack.push(source.uint16())],
  [0x4a, (stack, source) => stack.push(source.int32())],
  [0x8a, (stack, source) => stack.push(source.long(source.uint8()))],
  [0x47, (stack, source) => stack.push(source.float64())],
  [0x58, (stack, source) => stack.push(source.text(source.uint32()))],
  [0x8c, (stack, source) => stack.push(source.text(source.uint8()))],
  // Containers.
  [0x29, (stack) => stack.push([])],
  [0x85, (stack) => stack.push(stack.take(1))],
  [0x86, (stack) => stack.push(stack.take(2))],
  [0x87, (stack) => stack.push(stack.take(3))],
  [0x74, (stack) => stack.push(stack.takeMarked())],
  [0x5d, (stack) => stack.push([])],
  [0x61, (stack) => appendAll(stack, stack.take(1))],
  [0x65, (stack) => appendAll(stack, stack.takeMarked())],
  [0x7d, (stack) => stack.push(new Map())],
  [0x73, (stack) => setAll(stack, stack.take(2))],
  [0x75, (stack) => setAll(stack, stack.takeMarked())],
  // Values named earlier.
  [0x71, (stack, source) => stack.memorise(source.uint8())],
  [0x72, (stack, source) => stack.memorise(source.uint32())],
  [0x94, (stack) => stack.memorise()],
  [0x68, (stack, source) => stack.recall(source.uint8())],
  [0x6a, (stack, source) => stack.recall(source.uint32())],
  // Tensors and modules.
  [0x63, (stack, source) => stack.push(acceptedName(`${source.line()}.${source.line()}`))],
  [0x93, (stack) => stack.push(acceptedName(stack.take(2).map(String).join('.')))],
  [0x51, (stack) => stack.push(storageOf(stack.pop()))],
  [0x52, (stack) => stack.push(call(...(stack.take(2) as [Pickled, Pickled])))],
  [0x81, (stack) => stack.push(newObject(...(stack.take(2) as [Pickled, Pickled])))],
  [0x62, (stack) => build(stack, stack.pop())],
]);

/** Instructions that are understood well enough to be refused by name. */
const refused: ReadonlyMap<number, string> = new Map(
  Object.entries({
    INST: 'i',
    OBJ: 'o',
    NEWOBJ_EX: '\x92',
    EXT1: '\x82',
    EXT2: '\x83',
    EXT4: '\x84',
    PERSID: 'P',
    POP: '0',
    POP_MARK: '1',
    DUP: '2',
    FLOAT: 'F',
    INT: 'I',
    LONG: 'L',
    LONG4: '\x8b',
    STRING: 'S',
    BINSTRING: 'T',
    SHORT_BINSTRING: 'U',
    UNICODE: 'V',
    BINUNICODE8: '\x8d',
    BINBYTES: 'B',
    SHORT_BINBYTES: 'C',
    BINBYTES8: '\x8e',
    BYTEARRAY8: '\x96',
    NEXT_BUFFER: '\x97',
    READONLY_BUFFER: '\x98',
    DICT: 'd',
    LIST: 'l',
    EMPTY_SET: '\x8f',
    ADDITEMS: '\x90',
    FROZENSET: '\x91',
    GET: 'g',
    PUT: 'p',
  }).map(([name, code]) => [code.charCodeAt(0), name]),
);

function build(stack: PickleStack, state: Pickled): void {
  setState(stack.peek(), state);
}

function appendAll(stack: PickleStack, values: readonly Pickled[]): void {
  const list = stack.peek();
  if (!Array.isArray(list)) refuse('appends to something that is no list');
  for (const value of values) list.push(value);
}

function setAll(stack: PickleStack, pairs: readonly Pickled[]): void {
  const map = stack.peek();
  if (!(map instanceof Map) || pairs.length % 2 !== 0) refuse('sets items of something that is no dictionary');
  for (let i = 0; i < pairs.length; i += 2) map.set(pairs[i]!, pairs[i + 1]!);
}

/** Little-endian numbers and texts of a pickle, one after the other. Throws `WeightsError` at its end. */
class PickleBytes {
  readonly #view: DataView;
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  #position = 0;

  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  uint8 = (): number => this.#view.getUint8(this.skip(1));
  uint16 = (): number => this.#view.getUint16(this.skip(2), true);
  uint32 = (): number => this.#view.getUint32(this.skip(4), true);
  int32 = (): number => this.#view.getInt32(this.skip(4), true);
  float64 = (): number => this.#view.getFloat64(this.skip(8), false);

  /** A whole number of `length` bytes in two's complement. */
  long(length: number): number {
    if (length > largestLongBytes) refuse(`holds a whole number of ${length} bytes`);
    const start = this.skip(length);
    let value = 0n;
    for (let i = 0; i < length; i++) value |= BigInt(this.#bytes[start + i]!) << BigInt(8 * i);
    return Number(BigInt.asIntN(8 * length, value));
  }

  text(length: number): string {
    const start = this.skip(length);
    return this.#decode(start, start + length);
  }

  line(): string {
    const start = this.#position;
    const end = this.#bytes.indexOf(0x0a, start);
    if (end < 0) return refuse('ends inside an instruction');
    this.#position = end + 1;
    return this.#decode(start, end);
  }

  /** Goes on by `length` bytes; where they started. */
  skip(length: number): number {
    const start = this.#position;
    if (length > this.#bytes.length - start) refuse('ends inside an instruction');
    this.#position = start + length;
    return start;
  }

  #decode(start: number, end: number): string {
    try {
      return this.#decoder.decode(this.#bytes.subarray(start, end));
    } catch {
      return refuse('holds text that is not UTF-8');
    }
  }
}
