// When a freeze holds, in words. Takes its rule, the words and a language; gives one line. Pure.
import type { FreezeView } from '#server/http/contract/index.ts';
import type { Dictionary } from '../text/en/index.ts';
import { when } from './time.ts';
import { listed, type Language } from './units.ts';

export function freezeText(rule: FreezeView['rule'], text: Dictionary, language: Language): string {
  const words = text.freezes;
  switch (rule.kind) {
    case 'session':
      return words.rule.session(words.markets[rule.market], anchorText(rule.from, text, language), anchorText(rule.to, text, language));
    case 'weekly':
      return words.rule.weekly(listed(rule.days.toSorted((one, other) => one - other).map((day) => words.days[day] ?? String(day)), language), rule.from, rule.to, rule.timeZone);
    case 'once':
      return words.rule.once(when(rule.from, language), when(rule.to, language));
  }
}

/** `open-10m` -> `open − 10 min`. */
function anchorText(anchor: string, text: Dictionary, language: Language): string {
  const [, name, sign, minutes] = /^(open|close)(?:([+-])(\d+)m)?$/.exec(anchor) ?? [];
  if (name === undefined) return anchor;
  const word = text.freezes.anchors[name as 'open' | 'close'];
  return sign === undefined ? word : `${word} ${sign === '-' ? '−' : '+'} ${minutes} ${language === 'zh' ? '分钟' : 'min'}`;
}
