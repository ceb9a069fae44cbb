// What is different between two policies, rule by rule, in words. Takes two records, the words and the formats; gives rows in the order
// of the editor. Pure.
import type { PolicyRecord } from '#server/http/contract/index.ts';
import type { Dictionary } from '../text/en/index.ts';
import type { Formats } from './changes.ts';
import { factor, listed, number, percent, type Language } from './units.ts';

export interface PolicyDifference {
  readonly field: string;
  /** null: the rule is not there. */
  readonly before: string | null;
  readonly after: string | null;
}

export function policyDiff(before: PolicyRecord, after: PolicyRecord, text: Dictionary, language: Language, formats: Formats): PolicyDifference[] {
  const [old, next] = [rulesOf(before, text, language, formats), rulesOf(after, text, language, formats)];
  // Rules that only one of them has stand where their section does: the later policy leads, what went is added behind.
  const fields = [...next.keys(), ...[...old.keys()].filter((field) => !next.has(field))];
  return fields.map((field) => ({ field, before: old.get(field) ?? null, after: next.get(field) ?? null })).filter((row) => row.before !== row.after);
}

/** How many rules differ, for a line that has no room for them. */
export function countDifferences(before: PolicyRecord, after: PolicyRecord, text: Dictionary): number {
  return policyDiff(before, after, text, 'en', { shape: ({ cpuMilli, memoryMib }) => `${cpuMilli}/${memoryMib}`, money: String }).length;
}

function rulesOf(record: PolicyRecord, text: Dictionary, language: Language, formats: Formats): Map<string, string> {
  const words = text.policy.fields;
  const rules = new Map<string, string>();
  const yes = (value: boolean) => (value ? text.policy.yes : text.policy.no);
  const share = (permille: number) => percent(permille, 1000, language);
  const limit = (cents: number | null) => (cents === null ? text.policy.noLimit : formats.money(cents));
  for (const name of Object.keys(record.weights) as (keyof PolicyRecord['weights'])[]) rules.set(words.weight(text.policy.weights[name]), number(record.weights[name], language));
  rules.set(words.reserveCpu, share(record.reservePermille.cpu));
  rules.set(words.reserveMemory, share(record.reservePermille.memory));
  for (const [name, { kinds, cpuOvercommitPermille }] of Object.entries(record.environments)) {
    rules.set(words.kinds(name), listed(kinds.toSorted().map((kind) => text.states.kind[kind]), language));
    rules.set(words.overcommit(name), `×${factor(cpuOvercommitPermille, language)}`);
  }
  rules.set(words.privateFirst, yes(record.privateFirst));
  rules.set(words.cloudCore, limit(record.cloud.mostCentsPerCoreHour));
  rules.set(words.cloudSpend, limit(record.cloud.mostCentsPerHour));
  for (const [name, { caps, spreadPermille }] of Object.entries(record.classes)) {
    rules.set(words.caps(name), words.capText(caps.perHost ?? null, caps.perRack ?? null, caps.perSite ?? null));
    rules.set(words.spread(name), share(spreadPermille));
  }
  rules.set(words.movesPerHour, number(record.movesPerHour, language));
  rules.set(words.utilisation, record.utilisation.rule === 'staffing' ? words.staffing : words.fixed(share(record.utilisation.permille)));
  for (const [name, shape] of Object.entries(record.shapes)) rules.set(words.shape(name), formats.shape(shape));
  rules.set(words.defaultShape, record.defaultShape);
  return rules;
}
