// The form of an ask as a person fills it in, all text, and its conversion to the draft of the API. Pure: takes the form; gives the draft
// or what is wrong field by field, under the same field paths as the server's problem answers, so that both stand beside the same inputs.
import type { Draft, WorkloadView } from '#server/http/contract/index.ts';
import type { AskChange } from '../format/fixes.ts';
import { type NumberFault, readNumber } from './read-number.ts';

export interface AskForm {
  readonly team: string;
  readonly service: string;
  readonly environment: string;
  readonly peakQps: string;
  readonly headroomPercent: string;
  readonly cpuMsPerRequest: string;
  readonly memoryBaseMib: string;
  readonly memoryKibPerQps: string;
  readonly maxQps: string;
  readonly survive: Draft['survive'];
  readonly shape: string;
  /** A workload class of the policy; empty: none. */
  readonly class: string;
  readonly minReplicas: string;
  readonly cloud: boolean;
  readonly perHost: string;
  readonly perRack: string;
  readonly perSite: string;
  readonly labels: string;
  readonly tolerations: string;
  /** Whether the request carries what runs; a resize usually does not. */
  readonly withRun: boolean;
  readonly image: string;
  readonly port: string;
  readonly command: string;
  readonly env: string;
  readonly healthPath: string;
  readonly stopSeconds: string;
  readonly why: string;
}

/** What a wrong field says, as data: the page has the words. */
export type FieldFault = NumberFault | { readonly code: 'notPair'; readonly line: string };
export type Faults = Readonly<Record<string, FieldFault>>;

/** Stands for a service that has no name yet, so that there is a quote before there is a name. Never submitted. */
const UNNAMED = 'unnamed';

export const EMPTY_FORM: AskForm = {
  team: '',
  service: '',
  environment: '',
  peakQps: '400',
  headroomPercent: '25',
  cpuMsPerRequest: '20',
  memoryBaseMib: '300',
  memoryKibPerQps: '512',
  maxQps: '',
  survive: 'host',
  shape: '',
  class: '',
  minReplicas: '1',
  cloud: false,
  perHost: '',
  perRack: '',
  perSite: '',
  labels: '',
  tolerations: '',
  withRun: true,
  image: '',
  port: '8080',
  command: '',
  env: '',
  healthPath: '',
  stopSeconds: '10',
  why: '',
};

export const PRESETS = {
  api: { peakQps: '200', cpuMsPerRequest: '5', memoryBaseMib: '200', memoryKibPerQps: '256', headroomPercent: '25', survive: 'host', maxQps: '' },
  quote: { peakQps: '400', cpuMsPerRequest: '20', memoryBaseMib: '300', memoryKibPerQps: '512', headroomPercent: '25', survive: 'host', maxQps: '' },
  memory: { peakQps: '60', cpuMsPerRequest: '8', memoryBaseMib: '2500', memoryKibPerQps: '65536', headroomPercent: '20', survive: 'host', maxQps: '' },
  burst: { peakQps: '20', cpuMsPerRequest: '150', memoryBaseMib: '400', memoryKibPerQps: '4096', headroomPercent: '100', survive: 'none', maxQps: '' },
} as const satisfies Record<string, Partial<AskForm>>;

/**
 * Converts the form. A missing service name is a fault, but the draft carries a stand-in, so that it can be quoted meanwhile.
 * @returns `draft` null where a number cannot be read: nothing can be quoted then
 */
export function toDraft(form: AskForm): { readonly draft: Draft | null; readonly faults: Faults } {
  const faults: Record<string, FieldFault> = {};
  const read = reader(faults);
  const profile: Draft['profile'] = {
    cpuMsPerRequest: read.number('profile.cpuMsPerRequest', form.cpuMsPerRequest),
    memoryBaseMib: read.whole('profile.memoryBaseMib', form.memoryBaseMib),
    memoryKibPerQps: read.number('profile.memoryKibPerQps', form.memoryKibPerQps),
  };
  if (form.maxQps.trim() !== '') profile.maxQps = read.number('profile.maxQps', form.maxQps);
  const caps: Draft['caps'] = {};
  for (const each of ['perHost', 'perRack', 'perSite'] as const) {
    if (form[each].trim() !== '') caps[each] = read.whole(`caps.${each}`, form[each]);
  }
  const draft: Draft = {
    team: form.team,
    service: form.service.trim() === '' ? UNNAMED : form.service.trim(),
    environment: form.environment,
    peakQps: read.number('peakQps', form.peakQps),
    profile,
    headroomPermille: Math.round(read.number('headroomPermille', form.headroomPercent === '' ? '0' : form.headroomPercent) * 10),
    minReplicas: read.whole('minReplicas', form.minReplicas === '' ? '0' : form.minReplicas),
    survive: form.survive,
    cloud: form.cloud ? 'allowed' : 'never',
    caps,
    labels: read.pairs('labels', form.labels),
    tolerations: lines(form.tolerations),
    why: form.why,
  };
  if (form.shape !== '') draft.shape = form.shape;
  if (form.class !== '') draft.class = form.class;
  if (form.withRun) {
    draft.run = {
      image: form.image.trim() === '' ? UNNAMED : form.image.trim(),
      command: lines(form.command),
      env: read.pairs('run.env', form.env),
      port: read.whole('run.port', form.port),
      stopSeconds: read.whole('run.stopSeconds', form.stopSeconds),
    };
    if (form.healthPath.trim() !== '') draft.run.healthPath = form.healthPath.trim();
  }
  const isReadable = Object.keys(faults).length === 0 && form.team !== '' && form.environment !== '';
  if (form.team === '') faults.team = { code: 'needed' };
  if (form.service.trim() === '') faults.service = { code: 'needed' };
  if (form.withRun && form.image.trim() === '') faults['run.image'] = { code: 'needed' };
  return { draft: isReadable ? draft : null, faults };
}

/** The form with what a fix, or a link, would change of it. Labels that are there already stay. */
export function withChange(form: AskForm, change: AskChange): AskForm {
  const { cloud, tolerations, survive, ...texts } = change;
  return {
    ...form,
    ...texts,
    ...(cloud === undefined ? {} : { cloud: cloud === 'allowed' }),
    ...(tolerations === undefined ? {} : { tolerations: [...new Set([...lines(form.tolerations), tolerations])].join('\n') }),
    ...(survive === 'none' || survive === 'host' || survive === 'rack' || survive === 'site' ? { survive } : {}),
  };
}

/** Fields of the form that a link may set, out of everything in its address. */
export function changeOf(search: Readonly<Record<string, string | string[] | undefined>>): AskChange {
  const fields = ['peakQps', 'shape', 'survive', 'perHost', 'perRack', 'perSite', 'tolerations', 'cloud'] as const;
  return Object.fromEntries(fields.flatMap((field) => (typeof search[field] === 'string' ? [[field, search[field]]] : [])));
}

/**
 * The form filled with what a workload asks now, for a resize.
 * @param asked the last request's draft: where it may run, which the workload itself does not tell; without it those fields are empty
 */
export function fromWorkload(workload: WorkloadView, asked?: Draft): AskForm {
  const { profile, run } = workload;
  const cap = (most: number | undefined) => (most === undefined ? '' : String(most));
  return {
    ...EMPTY_FORM,
    team: workload.team,
    service: workload.service,
    environment: workload.environment,
    peakQps: String(workload.peakQps),
    headroomPercent: String(workload.headroomPermille / 10),
    cpuMsPerRequest: String(profile.cpuMsPerRequest),
    memoryBaseMib: String(profile.memoryBaseMib),
    memoryKibPerQps: String(profile.memoryKibPerQps),
    maxQps: profile.maxQps === undefined ? '' : String(profile.maxQps),
    survive: workload.survive as Draft['survive'],
    shape: workload.shape,
    minReplicas: String(workload.minReplicas),
    class: asked?.class ?? '',
    cloud: workload.cloud === 'allowed',
    perHost: cap(asked?.caps.perHost),
    perRack: cap(asked?.caps.perRack),
    perSite: cap(asked?.caps.perSite),
    labels: pairLines(asked?.labels ?? {}),
    tolerations: (asked?.tolerations ?? []).join('\n'),
    withRun: false,
    image: run.image,
    port: String(run.port),
    command: run.command.join('\n'),
    env: pairLines(run.env),
    healthPath: run.healthPath ?? '',
    stopSeconds: String(run.stopSeconds),
  };
}

function pairLines(pairs: Readonly<Record<string, string>>): string {
  return Object.entries(pairs).map(([key, value]) => `${key}=${value}`).join('\n');
}

/** One entry a line, without blank lines. */
export function lines(text: string): string[] {
  return text.split('\n').map((line) => line.trim()).filter((line) => line !== '');
}

/** `key=value` lines as a record, or the first line that is none. */
export function readPairs(text: string): { readonly pairs: Record<string, string>; readonly wrong: string | null } {
  const pairs: Record<string, string> = {};
  for (const line of lines(text)) {
    const at = line.indexOf('=');
    if (at < 1) return { pairs, wrong: line };
    pairs[line.slice(0, at).trim()] = line.slice(at + 1).trim();
  }
  return { pairs, wrong: null };
}

function reader(faults: Record<string, FieldFault>) {
  return {
    number: (field: string, text: string): number => readNumber(faults, field, text),
    whole: (field: string, text: string): number => readNumber(faults, field, text, { whole: true }),
    pairs: (field: string, text: string): Record<string, string> => {
      const { pairs, wrong } = readPairs(text);
      if (wrong !== null) faults[field] = { code: 'notPair', line: wrong };
      return pairs;
    },
  };
}
