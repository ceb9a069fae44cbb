// Sentences of the server in the reader's language. The server writes English; elsewhere the codes and figures beside it make a sentence. Pure.
import type { Saying } from '#server/http/contract/index.ts';
import type { SaidWords } from './burst.ts';
import type { Language } from './units.ts';

/** @param said parts of the sentence, in order; absent, or with a part that has no words here: the server's sentence */
export function toldText(said: readonly Saying[] | null | undefined, sentence: string, words: SaidWords, language: Language): string {
  if (language === 'en' || said === null || said === undefined || said.length === 0) return sentence;
  const parts = said.map(({ code, values }) => words[code]?.(values));
  return parts.some((part) => part === undefined) ? sentence : parts.join('；');
}
