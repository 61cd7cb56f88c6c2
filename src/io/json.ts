/** @file What JSON.parse is silent about. Pure. */
import { FormatError } from '../core/errors.ts';

/** Refuses valid JSON in which an object has a key twice: parsers differ in which of both they take. */
export function requireUniqueKeys(text: string): void {
  const around: (Set<string> | undefined)[] = [];
  let last = '';
  for (let i = 0; i < text.length; i++)
    switch (text[i]) {
      case '"': {
        const begin = i;
        while (text[++i] !== '"') if (text[i] === '\\') i++;
        last = text.slice(begin, i + 1);
        break;
      }
      case '{':
        around.push(new Set());
        break;
      case '[':
        around.push(undefined);
        break;
      case '}':
      case ']':
        around.pop();
        break;
      case ':': {
        const keys = around.at(-1);
        const key = JSON.parse(last) as string;
        if (keys?.has(key)) throw new FormatError(`the key ${last.slice(0, 60)} stands twice in an object`);
        keys?.add(key);
      }
    }
}
