/** @file The page: its head, one section for each folder, and which of them is shown. The first one comes with the page. */
import { digitsSection } from './digits/section.ts';
import {
  currentLanguage,
  follow,
  type Key,
  type Language,
  labelled,
  setLanguage,
  t,
  text,
} from './i18n/language.ts';
import { h, onClick } from './ui/dom.ts';

interface Section {
  readonly id: string;
  readonly title: Key;
  /** Loaded and made when it is first shown. */
  readonly make: () => HTMLElement | Promise<HTMLElement>;
}

const sections: readonly [Section, ...Section[]] = [
  { id: 'digits', title: 'digitsTab', make: digitsSection },
  { id: 'line', title: 'lineTab', make: async () => (await import('./line/section.ts')).lineSection() },
  {
    id: 'landscape',
    title: 'landscapeTab',
    make: async () => (await import('./landscape/section.ts')).landscapeSection(),
  },
  { id: 'race', title: 'raceTab', make: async () => (await import('./race/section.ts')).raceSection() },
  {
    id: 'evolve',
    title: 'evolveTab',
    make: async () => (await import('./evolve/section.ts')).evolveSection(),
  },
];

function languageChoice(): HTMLElement {
  const select = h(
    'select',
    { id: 'language' },
    h('option', { value: 'en' }, 'English'),
    h('option', { value: 'zh' }, '中文'),
  );
  select.value = currentLanguage();
  select.addEventListener('change', () => setLanguage(select.value as Language));
  return h('div', { class: 'row' }, h('label', { for: 'language', class: 'note' }, text('language')), select);
}

const main = h('main', { id: 'main', tabindex: -1 });
const links = sections.map(({ id, title }) => h('a', { href: `#${id}` }, text(title)));
const made = new Map<string, HTMLElement>();

/** Puts a section into its place, or says why it did not come. */
async function fill(place: HTMLElement, make: Section['make']): Promise<void> {
  try {
    place.replaceChildren(await make());
  } catch (error) {
    const reason = (error as Error).message;
    const line = h('p', { class: 'notice warn', role: 'status' });
    follow(() => {
      line.textContent = t('sectionFailed', { reason });
    });
    // A browser remembers that a module did not load: only the page as a whole can try again.
    const retry = onClick(h('button', { type: 'button' }, text('retry')), () => location.reload());
    place.replaceChildren(line, retry);
  }
}

function show(): void {
  const wanted = location.hash.slice(1);
  if (wanted === 'main' && made.size > 0) return; // the link that skips the head
  const { id, make } = sections.find((s) => s.id === wanted) ?? sections[0];
  if (!made.has(id)) {
    const place = h('div');
    made.set(id, place);
    main.append(place);
    void fill(place, make);
  }
  for (const [name, element] of made) element.hidden = name !== id;
  links.forEach((link, k) => {
    if (sections[k]?.id === id) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  });
}

follow(() => {
  document.documentElement.lang = currentLanguage() === 'zh' ? 'zh-Hans' : 'en';
  document.title = t('title');
});
document.body.append(
  h('a', { href: '#main', class: 'skip' }, text('skip')),
  h(
    'div',
    { class: 'page' },
    h(
      'header',
      { class: 'top' },
      h('div', {}, h('h1', {}, 'tapegrad'), h('p', {}, text('tagline'))),
      languageChoice(),
    ),
    labelled(h('nav', { class: 'tabs' }, ...links), 'aria-label', 'sections'),
    main,
    h('footer', {}, h('p', {}, text('about'))),
  ),
);
addEventListener('hashchange', show);
show();
