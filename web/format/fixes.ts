// A fix of a why-not answer: its sentence in the reader's language, and what a person can do with it from here. Takes the fix as the
// server sends it; falls back to the server's own English sentence where the kind or a figure is not known here. Pure.
import type { WhyNot } from '#server/http/contract/index.ts';
import type { Dictionary } from '../text/en/index.ts';
import { number, type Language } from './units.ts';

export type Fix = WhyNot['fixes'][number];

const DOMAINS: Readonly<Record<string, 'host' | 'rack' | 'site'>> = { perHost: 'host', perRack: 'rack', perSite: 'site' };

export function fixText(fix: Fix, text: Dictionary, language: Language): string {
  const words = text.whyNot.fix;
  const { values } = fix;
  const has = (...keys: readonly string[]) => keys.every((key) => values[key] !== undefined && values[key] !== '');
  const figure = (key: string) => (typeof values[key] === 'number' ? number(values[key], language) : String(values[key]));
  switch (fix.kind) {
    case 'raise-cap':
      return has('cap', 'from', 'to') && DOMAINS[String(values.cap)] !== undefined ? words.raiseCap(text.states.domain[DOMAINS[String(values.cap)]!], figure('from'), figure('to')) : fix.title;
    case 'move':
      return has('workloads') ? words.move(fix.moves, String(values.workloads)) : fix.title;
    case 'buy':
      return has('pools') ? words.buy(String(values.pools)) : fix.title;
    case 'shrink':
      return has('shape', 'replicas') ? words.shrink(String(values.shape), figure('replicas')) : fix.title;
    case 'lower-peak':
      return has('peakQps') ? words.lowerPeak(figure('peakQps')) : fix.title;
    case 'survive':
      return has('survive') ? words.survive(text.states.survive[String(values.survive) as 'host'] ?? String(values.survive)) : fix.title;
    case 'uncordon':
      return has('host') ? words.uncordon(String(values.host)) : fix.title;
    case 'allow-cloud':
      return words.allowCloud;
    case 'label':
      return has('label', 'value', 'host') ? words.label(`${values.label}=${values.value}`, String(values.host)) : fix.title;
    case 'tolerate':
      return has('taint') ? words.tolerate(String(values.taint)) : fix.title;
    case 'kind':
      return has('environment', 'hostKind') ? words.kind(text.states.kind[String(values.hostKind) as 'physical'] ?? String(values.hostKind), String(values.environment)) : fix.title;
    default:
      return fix.title;
  }
}

/** Fields of the ask form that a fix sets, as the form has them. */
export type AskChange = Partial<Record<'peakQps' | 'shape' | 'survive' | 'perHost' | 'perRack' | 'perSite' | 'tolerations' | 'cloud', string>>;

/** How the ask would have to change; null where the fix is not one of the ask. */
export function askChange({ kind, values }: Fix): AskChange | null {
  const text = (key: string) => (values[key] === undefined ? undefined : String(values[key]));
  const one = (field: keyof AskChange, value: string | undefined): AskChange | null => (value === undefined ? null : { [field]: value });
  switch (kind) {
    case 'lower-peak':
      return one('peakQps', text('peakQps'));
    case 'shrink':
      return one('shape', text('shape'));
    case 'survive':
      return one('survive', text('survive'));
    case 'tolerate':
      return one('tolerations', text('taint'));
    case 'allow-cloud':
      return { cloud: 'allowed' };
    case 'raise-cap': {
      const cap = text('cap');
      return cap === 'perHost' || cap === 'perRack' || cap === 'perSite' ? one(cap, text('to')) : null;
    }
    default:
      return null;
  }
}

/** Changes that somebody may look at but nobody can apply: hosts must join or be bought by people. */
const ONLY_LOOK = new Set(['lose', 'add', 'buy']);

export function isOnlyForLooking(changes: readonly { readonly kind: string }[]): boolean {
  return changes.some(({ kind }) => ONLY_LOOK.has(kind));
}
