/** @file Lines of text about how things stand, and about the device. */
import { follow, t } from '../i18n/language.ts';
import { h } from './dom.ts';
import type { Place } from './place.ts';

/** A line of text that can be a plain notice or a warning, and follows the language. */
export function notices() {
  const element = h('div', { class: 'fields', role: 'status' });
  let lines: { readonly warn: boolean; readonly say: () => string }[] = [];
  const show = () =>
    element.replaceChildren(
      ...lines.map(({ warn, say }) => h('p', { class: warn ? 'notice warn' : 'notice' }, say())),
    );
  follow(show);
  return {
    element,
    set(say: () => string, warn = false) {
      lines = [{ warn, say }];
      show();
    },
    add(say: () => string) {
      lines = [...lines.slice(0, 1), { warn: true, say }];
      show();
    },
  };
}

export const placeText = ({ kind, name, software, reason }: Place): string =>
  kind === 'cpu' ? t('onCpu', { reason: reason ?? '' }) : t(software ? 'onSoftware' : 'onGpu', { name });
