// What a person prefers to see: language and theme. Kept in the browser; without a choice both follow the system.
// public/theme.js reads the same key before the first paint.
import { createSignal } from 'solid-js';
import type { Language } from '../format/units.ts';
import { en } from '../text/en/index.ts';

export type Theme = 'system' | 'light' | 'dark';

const LANGUAGE_KEY = 'firn.language';
const THEME_KEY = 'firn.theme';

const [language, setLanguageSignal] = createSignal<Language>('en');
const [theme, setThemeSignal] = createSignal<Theme>(readTheme());
const [dictionary, setDictionary] = createSignal(en);
const [isDark, setIsDark] = createSignal(document.documentElement.classList.contains('dark'));
const systemDark = matchMedia('(prefers-color-scheme: dark)');

/** Every sentence of the console in the language of the reader: `t().ask.title`. */
export const t = dictionary;
export { isDark, language, theme };

/** Loads the language before it is shown, so that no page is half translated. */
export async function setLanguage(next: Language, keep = true): Promise<void> {
  setDictionary(next === 'zh' ? (await import('../text/zh/index.ts')).zh : en);
  setLanguageSignal(next);
  document.documentElement.lang = next === 'zh' ? 'zh-CN' : 'en';
  if (keep) write(LANGUAGE_KEY, next);
}

export function setTheme(next: Theme): void {
  setThemeSignal(next);
  write(THEME_KEY, next);
  paint();
}

/** Once, before the first render. */
export async function startPreferences(): Promise<void> {
  systemDark.addEventListener('change', paint);
  paint();
  const stored = read(LANGUAGE_KEY);
  const wanted = stored === 'zh' || stored === 'en' ? stored : navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en';
  await setLanguage(wanted, false);
}

function paint(): void {
  const dark = theme() === 'dark' || (theme() === 'system' && systemDark.matches);
  document.documentElement.classList.toggle('dark', dark);
  setIsDark(dark);
}

function readTheme(): Theme {
  const stored = read(THEME_KEY);
  return stored === 'light' || stored === 'dark' ? stored : 'system';
}

/** A browser may forbid storage; then the choice lasts as long as the page. */
function read(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function write(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // Nothing to do: the page shows the choice already.
  }
}
