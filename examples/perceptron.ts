/** @file The perceptron (Rosenblatt 1958): a unit of 0 or 1, and a rule without any gradient: w ← w + (y − ŷ)·x. */
import { scope, type Tensor, tensor, variable, zeros } from 'tapegrad';

const inputs = [
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
];

/** Learns a truth table, and tells after how many passes nothing was wrong any more; undefined if that never was. */
export async function perceptron(table: readonly number[], passes = 20): Promise<number | undefined> {
  const x = tensor(inputs.map((row) => [...row, 1])); // the 1 is for the bias
  const y = tensor([...table]);
  const w = scope(() => variable(zeros([3])));
  try {
    for (let pass = 1; pass <= passes; pass++) {
      let mistakes = 0;
      for (let i = 0; i < inputs.length; i++) {
        const error: Tensor = scope(() => {
          const [xi, yi] = [x.slice(i), y.slice(i)];
          const read = xi.vecdot(w).greater(0).astype('float32');
          const wrong = yi.sub(read);
          w.assign(w.add(xi.mul(wrong)));
          return wrong;
        });
        mistakes += Math.abs(await error.item());
        error.dispose();
      }
      if (mistakes === 0) return pass;
    }
    return undefined;
  } finally {
    for (const t of [x, y, w]) t.dispose();
  }
}

if (import.meta.main)
  console.log({
    and: await perceptron([0, 0, 0, 1]),
    or: await perceptron([0, 1, 1, 1]),
    xor: await perceptron([0, 1, 1, 0]), // no line divides these
  });
