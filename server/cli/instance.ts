// Reading a packing instance: a file of hosts and workloads becomes a problem for the packer, with hosts that are alike taken together.
// Takes a path; gives the problem and the way back from its classes to hosts' names. Everything that cannot be is refused with field, value
// and what is allowed, before anything is packed.
import { open } from 'node:fs/promises';
import { z } from 'zod';
import type { HostClass, PackProblem } from '#scheduler/pack/problem.ts';
import { fieldErrors, sentence } from '../http/field-errors.ts';
import { usageError } from './exit.ts';

export interface PackInstance {
  readonly problem: PackProblem;
  /** Costs of the problem are costs an hour times this. */
  readonly costScale: number;
  /** Of each class, the names of its hosts in the file's order. */
  readonly hostNames: readonly (readonly string[])[];
  /** Sentences on workloads that no host could hold. */
  readonly tooLarge: readonly string[];
}

/** A site of 100,000 hosts takes about 13 MB. */
const MOST_BYTES = 256 * 1024 * 1024;
const MOST_HOSTS = 200_000;
const MOST_WORKLOADS = 5000;
const MOST_REPLICAS = 1_000_000;
const MOST_CPU_MILLI = 100_000_000;
const MOST_MEMORY_MIB = 1_000_000_000;
const MOST_COST = 1_000_000;
/** Finer prices than a millionth are refused, so that costs stay exact integers inside. */
const MOST_DECIMALS = 6;
/** Errors shown at once. */
const MOST_ERRORS = 10;

const name = z.string().min(1).max(253);
const amount = (least: number, most: number) => z.number().int().min(least).max(most);
const host = z.strictObject({
  name,
  kind: z.enum(['physical', 'private-vm', 'cloud-vm', 'lxc']),
  site: name.optional(),
  rack: name.optional(),
  cpuMilli: amount(0, MOST_CPU_MILLI),
  memoryMib: amount(0, MOST_MEMORY_MIB),
  costPerHour: z.number().min(0).max(MOST_COST),
});
const workload = z.strictObject({
  name,
  cpuMilli: amount(0, MOST_CPU_MILLI),
  memoryMib: amount(0, MOST_MEMORY_MIB),
  replicas: amount(0, MOST_REPLICAS),
  cloud: z.enum(['allowed', 'never']).optional(),
});
const instance = z.strictObject({ hosts: z.array(host).max(MOST_HOSTS), workloads: z.array(workload).max(MOST_WORKLOADS) });
type Instance = z.infer<typeof instance>;

/** @throws CliError (usage) naming file, field, value and what is allowed */
export async function readInstance(path: string): Promise<PackInstance> {
  const input = parse(path, await readText(path));
  const { data, error } = instance.safeParse(input);
  if (error !== undefined) {
    const sentences = fieldErrors(error, input).map(sentence);
    throw usageError(`${path} is no packing instance.`, [...sentences.slice(0, MOST_ERRORS), ...(sentences.length > MOST_ERRORS ? [`and ${sentences.length - MOST_ERRORS} more`] : [])]);
  }
  const wrong = [...duplicates('hosts', data.hosts), ...duplicates('workloads', data.workloads), ...tooMany(data), ...tooFine(data)];
  if (wrong.length > 0) throw usageError(`${path} is no packing instance.`, wrong.slice(0, MOST_ERRORS));
  return toProblem(data);
}

async function readText(path: string): Promise<string> {
  try {
    await using file = await open(path);
    const { size } = await file.stat();
    if (size > MOST_BYTES) throw usageError(`${path} has ${size} bytes: at most ${MOST_BYTES} are read.`);
    return await file.readFile('utf8');
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error;
    throw usageError(`The file ${path} cannot be read: ${error.message}.`);
  }
}

function parse(path: string, text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw usageError(`${path} is not JSON: ${(error as Error).message}.`);
  }
}

function duplicates(field: string, items: readonly { readonly name: string }[]): string[] {
  const first = new Map<string, number>();
  return items.flatMap((item, index) => {
    const before = first.get(item.name);
    if (before === undefined) first.set(item.name, index);
    return before === undefined ? [] : [`${field}[${index}].name is ${JSON.stringify(item.name)}: ${field}[${before}] has that name already; names must differ.`];
  });
}

function tooMany({ workloads }: Instance): string[] {
  const replicas = workloads.reduce((sum, item) => sum + item.replicas, 0);
  return replicas > MOST_REPLICAS ? [`workloads ask for ${replicas} replicas together: at most ${MOST_REPLICAS} are packed.`] : [];
}

const decimalsOf = (cost: number): number => {
  const [digits = '', exponent = '0'] = String(cost).split('e');
  return Math.max(0, (digits.split('.')[1]?.length ?? 0) - Number(exponent));
};

function tooFine({ hosts }: Instance): string[] {
  return hosts.flatMap(({ costPerHour }, index) => (decimalsOf(costPerHour) > MOST_DECIMALS ? [`hosts[${index}].costPerHour is ${costPerHour}: at most ${MOST_DECIMALS} decimals are allowed.`] : []));
}

function toProblem({ hosts, workloads }: Instance): PackInstance {
  const costScale = 10 ** hosts.reduce((most, { costPerHour }) => Math.max(most, decimalsOf(costPerHour)), 0);
  const classes = Map.groupBy(hosts, ({ kind, cpuMilli, memoryMib, costPerHour }) => `${kind === 'cloud-vm' ? 'cloud' : 'own'} ${cpuMilli}m ${memoryMib}Mi at ${costPerHour}`);
  const grouped = [...classes].map(([title, members]): { kind: HostClass; names: string[] } => {
    const { kind, cpuMilli, memoryMib, costPerHour } = members[0] as Instance['hosts'][number];
    const accepts = workloads.map(({ cloud }) => kind !== 'cloud-vm' || cloud === 'allowed');
    return { kind: { name: title, hosts: members.length, capacity: [cpuMilli, memoryMib], cost: Math.round(costPerHour * costScale), accepts }, names: members.map((member) => member.name) };
  });
  const problem: PackProblem = {
    resources: ['cpuMilli', 'memoryMib'],
    classes: grouped.map(({ kind }) => kind),
    types: workloads.map((item) => ({ name: item.name, size: [item.cpuMilli, item.memoryMib], count: item.replicas })),
  };
  return { problem, costScale, hostNames: grouped.map(({ names }) => names), tooLarge: tooLarge(hosts, workloads) };
}

function tooLarge(hosts: Instance['hosts'], workloads: Instance['workloads']): string[] {
  return workloads.flatMap(({ name: title, cpuMilli, memoryMib, cloud, replicas }) => {
    const allowed = hosts.filter(({ kind }) => kind !== 'cloud-vm' || cloud === 'allowed');
    if (replicas === 0 || allowed.some((one) => one.cpuMilli >= cpuMilli && one.memoryMib >= memoryMib)) return [];
    const largest = allowed.toSorted((one, other) => other.cpuMilli - one.cpuMilli || other.memoryMib - one.memoryMib)[0];
    const room = largest === undefined ? 'there is none' : `the largest, ${largest.name}, has ${largest.cpuMilli}m and ${largest.memoryMib}Mi`;
    return [`${title} needs ${cpuMilli}m and ${memoryMib}Mi: no host that it may run on is large enough (${room}). Its ${replicas} replicas are unplaced.`];
  });
}
