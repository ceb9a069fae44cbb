// A decision of the autoscaler in the reader's language, from its data: what changes, why, and what was held back. Takes the decision, the
// words and the formats; gives text. The server's own sentence stands beside it where all the details are shown.
import type { DecisionView } from '#server/http/contract/index.ts';
import type { Dictionary } from '../text/en/index.ts';

type Words = Dictionary['autoscale'];
interface Formats {
  readonly number: (value: number) => string;
  readonly permille: (value: number) => string;
}
type Told = Pick<DecisionView, 'action' | 'before' | 'replicas' | 'winner' | 'bound' | 'need' | 'memoryNeed' | 'ceilingPermille' | 'isPanic' | 'floors' | 'suppressed' | 'alerts'>;

/** Alerts that say why it is not more. */
const BOUNDS: ReadonlySet<string> = new Set(['atMax', 'atQuota']);
/** `5 → 8`, or that it stays. */
export function changeText(decision: Pick<DecisionView, 'action' | 'before' | 'replicas'>, words: Words, formats: Formats): string {
  return decision.action === 'hold' ? words.hold(decision.replicas) : words.change(formats.number(decision.before), formats.number(decision.replicas));
}

/** Why it is that number: what decided, and of a floor its own reason. */
export function reasonText(decision: Told, words: Words, formats: Formats): string {
  const parts: string[] = [];
  if (decision.isPanic) parts.push(words.because.panic);
  const floor = decision.floors.find(({ kind }) => kind === decision.winner);
  if (decision.winner === 'memory') parts.push(words.because.memory(formats.number(decision.memoryNeed)));
  else if (floor !== undefined) parts.push(words.because.floor(words.floorKinds[floor.kind] ?? floor.kind));
  else if (decision.bound > 0) parts.push(words.because.forecast(formats.number(Math.round(decision.bound)), formats.number(decision.need), formats.permille(decision.ceilingPermille)));
  for (const alert of decision.alerts) if (BOUNDS.has(alert.kind)) parts.push(alertText(alert, words, formats).text);
  const held = decision.suppressed.find(({ replicas }) => replicas !== decision.replicas);
  if (held !== undefined) parts.push(words.because.held(formats.number(held.replicas), heldText(held, words)));
  return parts.join(' ');
}

/** What held a change back; the server's words where the console has none. */
export function heldText(held: { readonly by: string; readonly why: string }, words: Words): string {
  return words.heldBy[held.by] ?? held.why;
}

/** A floor's own reason, where the kind does not say it already: a schedule, a signal, an opening. @param isEnglish of the reader's language: the server's own words */
export function floorReason({ kind, reason, data }: DecisionView['floors'][number], words: Words, isEnglish: boolean): string {
  if (isEnglish) return reason;
  return data === undefined ? '' : (words.floorReasons[kind]?.(data) ?? reason);
}

/** An alert: its name, and the number that it is about where it has one. */
export function alertText(alert: { readonly kind: string; readonly message: string; readonly value: number }, words: Words, formats: Formats): { readonly title: string; readonly text: string } {
  return { title: words.alertKinds[alert.kind] ?? alert.kind, text: words.alertText[alert.kind]?.(formats.number(alert.value)) ?? alert.message };
}
