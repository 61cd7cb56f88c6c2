// Files made wrong at random, always in the same way for the same seed: bits, bytes and ranges anywhere, numbers and words
// of texts, lengths that follow a change of the text and lengths that do not.

export type Draw = (below: number) => number;

/** Numbers from 0 on below another, by xorshift; the same for the same seed. */
export function drawer(seed: number): Draw {
  let x = (Math.imul(seed + 1, 0x9e3779b1) ^ 0x5bd1e995) | 1;
  return (below) => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) % Math.max(1, below);
  };
}

const NUMBERS = [
  '0',
  '1',
  '2',
  '3',
  '7',
  '-1',
  '1.5',
  '255',
  '65536',
  '2147483648',
  '4294967296',
  '9007199254740993',
  '1e9',
  '1e999',
];
const WORDS = [
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '"',
  "'",
  '\\',
  '(',
  ')',
  'null',
  'true',
  '""',
  '{}',
  '[]',
  '\\ud800',
  '\0',
  'é',
  '__proto__',
  'constructor',
  'True',
  '"a":1,',
  '[[[[[[[[',
  'F32',
  'F64',
  'I64',
  'BOOL',
  '__metadata__',
  'L',
];
const LENGTHS = [0, 1, 7, 8, 255, 65_535, 2 ** 31 - 1, 2 ** 32 - 1];

type Bytes = number[];

const anywhere: readonly ((bytes: Bytes, draw: Draw) => void)[] = [
  (bytes, draw) => {
    const at = draw(bytes.length);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << draw(8));
  },
  (bytes, draw) => {
    bytes[draw(bytes.length)] = draw(256);
  },
  (bytes, draw) => {
    bytes.splice(draw(bytes.length), 1 + draw(draw(2) ? 4 : bytes.length));
  },
  (bytes, draw) => {
    const at = draw(bytes.length);
    bytes.splice(draw(bytes.length), 0, ...bytes.slice(at, at + 1 + draw(64)));
  },
  (bytes, draw) => {
    bytes.length = draw(bytes.length + 1);
  },
  (bytes, draw) => {
    const width = [1, 2, 4, 8][draw(4)] as number;
    const at = draw(bytes.length);
    const value = LENGTHS[draw(LENGTHS.length)] as number;
    for (let k = 0; k < width; k++) bytes[at + k] = k < 4 ? (value >>> (8 * k)) & 255 : 255 * draw(2);
  },
];

/** A number or a word of the text becomes another. */
function mutateText(text: string, draw: Draw): string {
  const numbers = [...text.matchAll(/\d+/g)];
  const words = [...text.matchAll(/[A-Za-z_]+|[^\sA-Za-z_\d]/g)];
  const [list, others] = draw(2) === 0 && numbers.length > 0 ? [numbers, NUMBERS] : [words, WORDS];
  const found = list[draw(list.length)];
  if (!found) return text;
  const { index, 0: old } = found;
  const own = words[draw(words.length)]?.[0] ?? '';
  const put = draw(4) === 0 ? own : draw(4) === 0 ? '' : (others[draw(others.length)] as string);
  return text.slice(0, index) + put + text.slice(index + (draw(3) === 0 ? 0 : old.length));
}

/** A text in a file, with where its length stands. */
export interface TextPart {
  readonly begin: number;
  readonly end: number;
  /** Writes the length of the text anew. */
  readonly setLength?: (file: Uint8Array, length: number) => void;
}

/** The file, wrong in one to four places (rarely right all the same). */
export function mutated(file: Uint8Array, text: TextPart | undefined, seed: number): Uint8Array {
  const draw = drawer(seed);
  let bytes = file;
  for (let times = 1 + draw(4); times > 0; times--) {
    if (text && bytes.length >= text.end && draw(3) > 0) bytes = withText(bytes, text, draw);
    else {
      const list = [...bytes];
      anywhere[draw(anywhere.length)]?.(list, draw);
      bytes = Uint8Array.from(list);
    }
  }
  return bytes;
}

function withText(file: Uint8Array, { begin, end, setLength }: TextPart, draw: Draw): Uint8Array {
  const changed = new TextEncoder().encode(
    mutateText(new TextDecoder().decode(file.subarray(begin, end)), draw),
  );
  const made = new Uint8Array(file.length - (end - begin) + changed.length);
  made.set(file.subarray(0, begin));
  made.set(changed, begin);
  made.set(file.subarray(end), begin + changed.length);
  if (draw(4) > 0) setLength?.(made, changed.length);
  return made;
}
