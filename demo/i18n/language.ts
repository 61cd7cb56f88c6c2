/** @file The page's language: texts by their keys, changed in place. */
import { readAddress, writeAddress } from '../ui/address.ts';
import { en } from './en.ts';
import { zh } from './zh.ts';

export type Key = keyof typeof en;
export type Texts = Readonly<Record<Key, string>>;
export type Language = 'en' | 'zh';
type Values = Readonly<Record<string, string | number>>;

const texts: Readonly<Record<Language, Texts>> = { en, zh };

function chosen(): Language {
  const wanted = readAddress().get('lang') ?? navigator.language;
  return wanted.toLowerCase().startsWith('zh') ? 'zh' : 'en';
}

let language: Language = chosen();
const followers: (() => void)[] = [];

export const currentLanguage = (): Language => language;

export function setLanguage(to: Language): void {
  language = to;
  writeAddress({ lang: to });
  for (const follow of followers) follow();
}

/** Runs now and whenever the language changes. */
export function follow(update: () => void): void {
  followers.push(update);
  update();
}

/** The text of a key, with `{name}` replaced by values. */
export function t(key: Key, values: Values = {}): string {
  return texts[language][key].replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** A text that follows the language. */
export function text(key: Key): Text {
  const node = document.createTextNode('');
  follow(() => {
    node.data = t(key);
  });
  return node;
}

/** An attribute that follows the language. */
export function labelled<E extends Element>(element: E, attribute: string, key: Key): E {
  follow(() => element.setAttribute(attribute, t(key)));
  return element;
}

/** A number as the language writes it. */
export function number(value: number, digits = 0): string {
  return value.toLocaleString(language === 'zh' ? 'zh-CN' : 'en', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
}
