// The policy as a person edits it, all text in the units that people say (cores, GiB, percent, money), and its conversion to the record of
// the API. Pure: takes the form; gives the record, or what is wrong under the same field paths as the server's problem answers.
import type { PolicyRecord } from '#server/http/contract/index.ts';
import { type NumberFault, readScaled, type ScaledBounds } from './read-number.ts';

export type Weight = keyof PolicyRecord['weights'];
export type HostKind = PolicyRecord['environments'][string]['kinds'][number];
export const WEIGHTS: readonly Weight[] = ['pack', 'spread', 'cost', 'performance', 'stability', 'keep'];
export const KINDS: readonly HostKind[] = ['physical', 'private-vm', 'cloud-vm', 'lxc'];

export interface EnvironmentRow {
  readonly name: string;
  readonly kinds: readonly HostKind[];
  /** Cores promised for each that there is: `1.5`. */
  readonly overcommit: string;
}
export interface ShapeRow {
  readonly name: string;
  readonly cores: string;
  readonly gib: string;
}
export interface ClassRow {
  readonly name: string;
  readonly perHost: string;
  readonly perRack: string;
  readonly perSite: string;
  readonly spreadPercent: string;
}

export interface PolicyForm {
  readonly weights: Readonly<Record<Weight, string>>;
  readonly utilisation: 'staffing' | 'fixed';
  readonly fixedPercent: string;
  readonly reserveCpuPercent: string;
  readonly reserveMemoryPercent: string;
  readonly environments: readonly EnvironmentRow[];
  readonly shapes: readonly ShapeRow[];
  readonly defaultShape: string;
  readonly privateFirst: boolean;
  /** In whole money, not cents; empty: no limit. */
  readonly cloudCore: string;
  readonly cloudSpend: string;
  readonly classes: readonly ClassRow[];
  readonly movesPerHour: string;
}

/** What is wrong with a field, as data: the page has the words. */
export type PolicyFault = NumberFault | { readonly code: 'name' | 'twice' | 'kinds' };
export type PolicyFaults = Readonly<Record<string, PolicyFault>>;

const NAME = /^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$/;

const permille = (value: number) => String(value / 10);
const optional = (value: number | undefined | null, scale = 1) => (value === undefined || value === null ? '' : String(value / scale));

export function fromRecord(record: PolicyRecord): PolicyForm {
  return {
    weights: Object.fromEntries(WEIGHTS.map((name) => [name, String(record.weights[name])])) as Record<Weight, string>,
    utilisation: record.utilisation.rule,
    fixedPercent: record.utilisation.rule === 'fixed' ? permille(record.utilisation.permille) : '70',
    reserveCpuPercent: permille(record.reservePermille.cpu),
    reserveMemoryPercent: permille(record.reservePermille.memory),
    environments: Object.entries(record.environments).map(([name, { kinds, cpuOvercommitPermille }]) => ({ name, kinds, overcommit: String(cpuOvercommitPermille / 1000) })),
    shapes: Object.entries(record.shapes).map(([name, { cpuMilli, memoryMib }]) => ({ name, cores: String(cpuMilli / 1000), gib: String(memoryMib / 1024) })),
    defaultShape: record.defaultShape,
    privateFirst: record.privateFirst,
    cloudCore: optional(record.cloud.mostCentsPerCoreHour, 100),
    cloudSpend: optional(record.cloud.mostCentsPerHour, 100),
    classes: Object.entries(record.classes).map(([name, { caps, spreadPermille }]) => ({ name, perHost: optional(caps.perHost), perRack: optional(caps.perRack), perSite: optional(caps.perSite), spreadPercent: permille(spreadPermille) })),
    movesPerHour: String(record.movesPerHour),
  };
}

/** @returns `record` null while a field is wrong */
export function toRecord(form: PolicyForm): { readonly record: PolicyRecord | null; readonly faults: PolicyFaults } {
  const faults: Record<string, PolicyFault> = {};
  const read = reader(faults);
  const record: PolicyRecord = {
    weights: Object.fromEntries(WEIGHTS.map((name) => [name, read.number(`weights.${name}`, form.weights[name], { least: 0, most: 100 })])) as PolicyRecord['weights'],
    utilisation: form.utilisation === 'staffing' ? { rule: 'staffing' } : { rule: 'fixed', permille: read.number('utilisation.permille', form.fixedPercent, { least: 5, most: 100, scale: 10 }) },
    reservePermille: { cpu: read.number('reservePermille.cpu', form.reserveCpuPercent, { least: 0, most: 90, scale: 10 }), memory: read.number('reservePermille.memory', form.reserveMemoryPercent, { least: 0, most: 90, scale: 10 }) },
    environments: named('environments', form.environments, faults, (row, path) => {
      if (row.kinds.length === 0) faults[`${path}.kinds`] = { code: 'kinds' };
      return { kinds: KINDS.filter((kind) => row.kinds.includes(kind)), cpuOvercommitPermille: read.number(`${path}.cpuOvercommitPermille`, row.overcommit, { least: 1, most: 16, scale: 1000 }) };
    }),
    shapes: named('shapes', form.shapes, faults, (row, path) => ({
      cpuMilli: read.number(`${path}.cpuMilli`, row.cores, { least: 0.01, most: 1024, scale: 1000 }),
      memoryMib: read.number(`${path}.memoryMib`, row.gib, { least: 16 / 1024, most: 8192, scale: 1024 }),
    })),
    defaultShape: form.defaultShape,
    privateFirst: form.privateFirst,
    cloud: { mostCentsPerCoreHour: read.maybe('cloud.mostCentsPerCoreHour', form.cloudCore, { least: 0, most: 10_000, scale: 100 }) ?? null, mostCentsPerHour: read.maybe('cloud.mostCentsPerHour', form.cloudSpend, { least: 0, most: 10_000_000, scale: 100 }) ?? null },
    classes: named('classes', form.classes, faults, (row, path) => {
      const caps: PolicyRecord['classes'][string]['caps'] = {};
      for (const cap of ['perHost', 'perRack', 'perSite'] as const) {
        const most = read.maybe(`${path}.caps.${cap}`, row[cap], { least: 1, most: 10_000 });
        if (most !== undefined) caps[cap] = most;
      }
      return { caps, spreadPermille: read.number(`${path}.spreadPermille`, row.spreadPercent, { least: 0, most: 1000, scale: 10 }) };
    }),
    movesPerHour: read.number('movesPerHour', form.movesPerHour, { least: 0, most: 1_000_000 }),
  };
  return { record: Object.keys(faults).length === 0 ? record : null, faults };
}

/** Rows with a name as a record; a row's faults go by its place, since two rows may have the same name while one is typed. */
function named<R extends { readonly name: string }, V>(field: string, rows: readonly R[], faults: Record<string, PolicyFault>, convert: (row: R, path: string) => V): Record<string, V> {
  const found: Record<string, V> = {};
  for (const [at, row] of rows.entries()) {
    const path = `${field}.${at}`;
    if (!NAME.test(row.name)) faults[`${path}.name`] = { code: row.name === '' ? 'needed' : 'name' };
    else if (Object.hasOwn(found, row.name)) faults[`${path}.name`] = { code: 'twice' };
    found[row.name] = convert(row, path);
  }
  return found;
}

function reader(faults: Record<string, PolicyFault>) {
  const number = (field: string, text: string, bounds: ScaledBounds): number => readScaled(faults, field, text, bounds);
  return { number, maybe: (field: string, text: string, bounds: ScaledBounds): number | undefined => (text.trim() === '' ? undefined : number(field, text, bounds)) };
}

/** Server's field path (`changes.0.record.environments.dev.kinds`) as the form's (`environments.2.kinds`). */
export function formField(path: string, form: PolicyForm): string {
  const parts = path.replace(/^(changes\.\d+\.)?(record\.)?/, '').split('.');
  const rows = { environments: form.environments, shapes: form.shapes, classes: form.classes }[parts[0] as 'shapes'] as readonly { readonly name: string }[] | undefined;
  const at = rows?.findIndex(({ name }) => name === parts[1]) ?? -1;
  return at < 0 ? parts.join('.') : [parts[0], at, ...parts.slice(2)].join('.');
}
