/** @file The file of digits: how it lies, and how the page gets it. */

export const DIGITS_PATH = 'digits.bin';
export const PIXELS = 256;
/** Bytes of a digit: its label, then its pixels, 0 for paper and 255 for ink. */
export const RECORD = 1 + PIXELS;
export const TEST_COUNT = 2000;
export const TRAIN_COUNT = 12_000;

export interface Split {
  /** 256 numbers from 0 to 1 a digit. */
  readonly inputs: Float32Array<ArrayBuffer>;
  readonly labels: Uint8Array<ArrayBuffer>;
}

export interface Digits {
  readonly train: Split;
  readonly test: Split;
}

function split(records: Uint8Array): Split {
  const count = records.length / RECORD;
  const inputs = new Float32Array(count * PIXELS);
  const labels = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    labels[i] = records[i * RECORD] as number;
    for (let p = 0; p < PIXELS; p++) inputs[i * PIXELS + p] = (records[i * RECORD + 1 + p] as number) / 255;
  }
  return { inputs, labels };
}

/** The digits of a file. Throws where it is too short or holds what is no label. */
export function parseDigits(bytes: Uint8Array): Digits {
  const expected = (TEST_COUNT + TRAIN_COUNT) * RECORD;
  if (bytes.length !== expected)
    throw new RangeError(`${DIGITS_PATH} has ${bytes.length} bytes instead of ${expected}`);
  const test = split(bytes.subarray(0, TEST_COUNT * RECORD));
  const train = split(bytes.subarray(TEST_COUNT * RECORD));
  for (const { labels } of [test, train])
    if (labels.some((label) => label > 9)) throw new RangeError(`${DIGITS_PATH} holds a label beyond 9`);
  return { train, test };
}

/** Loads the file, and tells from 0 to 1 how far it is. */
export async function loadDigits(onProgress: (part: number) => void): Promise<Digits> {
  const response = await fetch(DIGITS_PATH);
  if (!response.ok || !response.body)
    throw new Error(`${DIGITS_PATH}: ${response.status} ${response.statusText}`);
  const bytes = new Uint8Array((TEST_COUNT + TRAIN_COUNT) * RECORD);
  let length = 0;
  for await (const part of response.body as unknown as AsyncIterable<Uint8Array>) {
    if (length + part.length > bytes.length)
      throw new RangeError(`${DIGITS_PATH} is longer than it should be`);
    bytes.set(part, length);
    length += part.length;
    onProgress(length / bytes.length);
  }
  return parseDigits(bytes.subarray(0, length));
}
