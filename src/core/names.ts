/** @file Help for misspelt names. Pure. */
import { describe } from './describe.ts';

/** Insertions, deletions and substitutions that turn one word into the other (Levenshtein 1966), swaps counted as one. */
export function editDistance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const above = rows[i - 1] as number[];
      const change = (above[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let best = Math.min((above[j] as number) + 1, (row[j - 1] as number) + 1, change);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, ((rows[i - 2] as number[])[j - 2] as number) + 1);
      row.push(best);
    }
    rows.push(row);
  }
  return (rows[a.length] as number[])[b.length] as number;
}

/** Whether it is the beginning of a name, or the first letters of its words: `acc`, `mse`. */
const isShortFor = (wrong: string, name: string): boolean =>
  wrong.length > 2 &&
  (name.toLowerCase().startsWith(wrong) || name.replace(/(?!^)[a-z]/g, '').toLowerCase() === wrong);

/** The wrong name in quotes, with the right one if it is near, or short for it: `'rleu', did you mean 'relu'?` */
export function didYouMean(wrong: unknown, names: readonly string[]): string {
  if (typeof wrong !== 'string') return `${describe(wrong)}.`;
  const short = names.find((name) => isShortFor(wrong.toLowerCase(), name));
  if (short) return `'${wrong}', did you mean '${short}'?`;
  const near = names
    .map((name) => ({ name, distance: editDistance(wrong.toLowerCase(), name.toLowerCase()) }))
    .filter(({ name, distance }) => distance <= Math.max(1, Math.floor(name.length / 3)))
    .sort((a, b) => a.distance - b.distance)[0];
  return near ? `'${wrong}', did you mean '${near.name}'?` : `${describe(wrong)}.`;
}
