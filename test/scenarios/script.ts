// Runs a scenario script on the pure scheduler and gives what a person would see, command by command.
// Takes the text of a script, gives text. Every plan is checked by the independent checker, and violations are printed, so that a
// committed output with one cannot go unseen. The commands are in README.md.

import { applyPlan } from '#scheduler/apply-plan.ts';
import { check } from '#scheduler/check.ts';
import { eliminationText, explainSizing, explainUnplaced, namesIn, printPlan } from '#scheduler/explain.ts';
import { host, network, snapshot, workload } from '#scheduler/fixtures/build.ts';
import { closestOf, drainTargets } from '#scheduler/maintenance/targets.ts';
import type { Ask, Host, Plan, Policy, Replica, Rollout, Share, Snapshot, Successor, Wish, Workload } from '#scheduler/model.ts';
import { prepare } from '#scheduler/prepare.ts';
import { quote } from '#scheduler/quote.ts';
import { schedule, sizeWorkload } from '#scheduler/schedule.ts';
import { isRefusal } from '#scheduler/size.ts';

interface World {
  snapshot: Snapshot;
  plan: Plan | undefined;
  /** Replicas created so far: ids are never given twice. */
  created: number;
  /** Replicas that run and do not serve, by id: those that a person says, and those that were renewed since. */
  readonly silent: Set<string>;
}

/** `a b=1 c.d=2` as words and named values. */
interface Arguments {
  readonly words: readonly string[];
  readonly named: ReadonlyMap<string, string>;
}

type Command = (world: World, given: Arguments) => string;

const commands: Readonly<Record<string, Command>> = {
  policy: (world, { named }) => {
    world.snapshot = { ...world.snapshot, policy: policyOf(world.snapshot.policy, named) };
    return '';
  },
  network: (world, { words, named }) => {
    const [id = '', first = '', last = ''] = words;
    const one = network(id, 0, { first, last, mode: named.get('mode') === 'routed' ? 'routed' : 'flat', taken: named.get('taken')?.split(',') ?? [] });
    world.snapshot = { ...world.snapshot, networks: [...world.snapshot.networks, one] };
    return '';
  },
  host: (world, { words, named }) => {
    world.snapshot = { ...world.snapshot, hosts: [...world.snapshot.hosts, hostOf(words[0] ?? '', named)] };
    return '';
  },
  ask: (world, { words, named }) => {
    const { rollout, releaseId } = world.snapshot.workloads.find(({ id }) => id === words[0]) ?? {};
    const one = { ...workloadOf(words[0] ?? '', named), ...(rollout === undefined ? {} : { rollout }), ...(releaseId === undefined ? {} : { releaseId }) };
    world.snapshot = { ...world.snapshot, workloads: [...world.snapshot.workloads.filter(({ id }) => id !== one.id), one] };
    return '';
  },
  withdraw: (world, { words }) => {
    world.snapshot = { ...world.snapshot, workloads: world.snapshot.workloads.filter(({ id }) => id !== words[0]) };
    return '';
  },
  lose: changing({ state: 'lost' }),
  back: changing({ state: 'ready' }),
  cordon: changing({ cordoned: true }),
  uncordon: changing({ cordoned: false }),
  drain: changing({ draining: true }),
  undrain: changing({ draining: false, forced: false }),
  force: changing({ draining: true, forced: true }),
  reserve: (world) => reserve(world),
  rollout: (world, { words, named }) => changeWorkload(world, words[0], (one) => ({ ...one, rollout: rolloutOf(named) })),
  release: (world, { words }) => changeWorkload(world, words[0], ({ rollout: _, ...one }) => ({ ...one, releaseId: words[1] ?? one.releaseId })),
  fail: (world, { words }) => {
    world.silent.add(replicaNamed(world.snapshot, words[0] ?? '')?.id ?? '');
    return '';
  },
  serve: (world, given) => {
    world.silent.clear();
    return observing('serving')(world, given);
  },
  overdue: observing('overdue'),
  kinds: (world, { named }) => {
    const { policy } = world.snapshot;
    const environments = Object.fromEntries(Object.entries(policy.environments).map(([name, rule]) => [name, { ...rule, kinds: (named.get(name)?.split(',') ?? rule.kinds) as typeof rule.kinds }]));
    world.snapshot = { ...world.snapshot, policy: { ...policy, version: policy.version + 1, environments } };
    return '';
  },
  plan: (world, { words, named }) => {
    const newId = (workloadId: string, ordinal: number) => `${workloadId}-${ordinal}/${(world.created += 1)}`;
    const moves = named.has('moves') ? Number(named.get('moves')) : undefined;
    world.plan = schedule(world.snapshot, { verb: 'place', seed: 1, newId, batch: words.includes('batch'), complete: words.includes('complete'), moves, wishes: wishesOf(world.snapshot, named.get('wishes')), serves: ({ id }) => !world.silent.has(id) });
    const violations = check(world.snapshot, world.plan, world.silent).map(({ invariant, subject, message }) => `  VIOLATION ${invariant} ${subject}: ${message}\n`);
    return printPlan(world.plan, namesIn(world.plan, world.snapshot)) + violations.join('');
  },
  apply: (world) => {
    if (world.plan === undefined) throw new Error('apply: there is no plan');
    world.snapshot = applyPlan(world.snapshot, world.plan);
    for (const { kind, replica } of world.plan.steps) if (kind === 'renew') world.silent.add(replica.id);
    world.plan = undefined;
    return `  revision ${world.snapshot.revision}\n`;
  },
  size: (world, { words }) => {
    const one = world.snapshot.workloads.find(({ id }) => id === words[0]);
    if (one === undefined) throw new Error(`size: no workload ${words[0]}`);
    return sizeText(world.snapshot, one);
  },
  quote: (world, { words, named }) => quoteText(world.snapshot, workloadOf(words[0] ?? '', named)),
  hosts: (world) => hostsText(world.snapshot),
  releases: (world, { words }) => releasesText(world, words[0] ?? ''),
};

/** @returns each command with what it printed. @throws Error that names the line of a command that does not exist or cannot be done */
export function runScript(text: string): string {
  const world: World = { snapshot: snapshot({ hosts: [], networks: [] }), plan: undefined, created: 0, silent: new Set() };
  const lines = text.trimEnd().split('\n');
  const printed = lines.map((line, index) => {
    if (line.trim() === '' || line.startsWith('#')) return `${line}\n`;
    const [name = '', ...rest] = line.trim().split(/\s+/);
    const command = commands[name];
    if (command === undefined) throw new Error(`line ${index + 1}: there is no command "${name}", only ${Object.keys(commands).join(', ')}`);
    const named = rest.filter((word) => word.includes('=')).map((word) => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)] as const);
    return `> ${line}\n${command(world, { words: rest.filter((word) => !word.includes('=')), named: new Map(named) })}`;
  });
  return printed.join('');
}

function changing(parts: Partial<Host>): Command {
  return (world, { words }) => {
    if (!world.snapshot.hosts.some(({ id }) => id === words[0])) throw new Error(`no host ${words[0]}`);
    world.snapshot = { ...world.snapshot, hosts: world.snapshot.hosts.map((each) => (each.id === words[0] ? { ...each, ...parts } : each)) };
    return '';
  };
}

/** Keeps room for whatever is to leave drained hosts, as the server does when somebody drains them. */
function reserve(world: World): string {
  const { snapshot: from } = world;
  const { targets, blockers } = drainTargets(prepare(from), new Set(from.hosts.filter(({ draining }) => draining === true).map(({ id }) => id)));
  world.snapshot = { ...from, hosts: from.hosts.map(({ kept: _, ...each }) => ({ ...each, kept: targets.filter(({ hostId }) => hostId === each.id).map(({ replica: { id, workloadId } }) => ({ replicaId: id, workloadId })) })) };
  const nameOf = ({ workloadId, ordinal }: Replica) => `${workloadId.replace('.', '-')}-${ordinal}`;
  const lines = [...targets.map(({ replica, hostId }) => `${nameOf(replica)} -> ${hostId}`), ...blockers.map(({ replicas, refusal, eliminations }) => `${replicas.map(nameOf).join(' ')} stays: ${refusal?.message ?? eliminationText(closestOf(eliminations)!)}`)];
  return lines.map((line) => `  ${line}\n`).join('');
}

function changeWorkload(world: World, id: string | undefined, change: (one: Workload) => Workload): string {
  if (!world.snapshot.workloads.some((each) => each.id === id)) throw new Error(`no workload ${id}`);
  world.snapshot = { ...world.snapshot, revision: world.snapshot.revision + 1, workloads: world.snapshot.workloads.map((each) => (each.id === id ? change(each) : each)) };
  return '';
}

function rolloutOf(named: ReadonlyMap<string, string>): Rollout {
  const share = (key: string, usual: Share): Share => {
    const text = named.get(key);
    return text === undefined ? usual : text.endsWith('%') ? { permille: Math.round(Number(text.slice(0, -1)) * 10) } : { count: Number(text) };
  };
  return { id: 'rollout', releaseId: named.get('to') ?? 'r2', target: share('target', { permille: 1000 }), order: (named.get('order') ?? 'start-first') as Rollout['order'], surge: share('surge', { permille: 250 }), unavailable: share('unavailable', { count: 1 }) };
}

/** `shop.production-2` */
function replicaNamed({ replicas }: Snapshot, name: string): Replica | undefined {
  return replicas.find(({ workloadId, ordinal }) => `${workloadId}-${ordinal}` === name);
}

/** What hosts would report of every successor that starts. */
function observing(state: Successor['state']): Command {
  return (world) => {
    const replicas = world.snapshot.replicas.map((each) => (each.successor?.state === 'starting' ? { ...each, successor: { ...each.successor, state } } : each));
    world.snapshot = { ...world.snapshot, replicas };
    return '';
  };
}

/** `shop.production-2:dc-1,...`: replicas by workload and ordinal, and where somebody wants them. */
function wishesOf(snapshot: Snapshot, text: string | undefined): Wish[] {
  return (text?.split(',') ?? []).map((each) => {
    const [name = '', hostId = ''] = each.split(':');
    return { replicaId: replicaNamed(snapshot, name)?.id ?? name, hostId };
  });
}

function policyOf(policy: Policy, named: ReadonlyMap<string, string>): Policy {
  const utilisation = named.get('utilisation');
  const weights = Object.fromEntries(Object.entries(policy.weights).map(([name, weight]) => [name, Number(named.get(name) ?? weight)]));
  return {
    ...policy,
    version: policy.version + 1,
    weights: { ...policy.weights, ...weights },
    privateFirst: (named.get('private-first') ?? String(policy.privateFirst)) === 'true',
    utilisation: utilisation === undefined ? policy.utilisation : utilisation === 'staffing' ? { rule: 'staffing' } : { rule: 'fixed', permille: Number(utilisation) },
  };
}

function hostOf(id: string, named: ReadonlyMap<string, string>): Host {
  const defaults = host(id);
  return host(id, {
    kind: (named.get('kind') ?? defaults.kind) as Host['kind'],
    site: named.get('site') ?? defaults.site,
    rack: named.get('rack') ?? defaults.rack,
    capacity: { cpuMilli: Number(named.get('cores') ?? 32) * 1000, memoryMib: Number(named.get('gib') ?? 128) * 1024 },
    costCentsPerHour: Number(named.get('cents') ?? defaults.costCentsPerHour),
    labels: prefixed(named, 'label.'),
    taints: named.has('taint') ? [named.get('taint')!] : [],
    environments: named.get('environments')?.split(',') ?? [],
    networkId: named.get('network') ?? defaults.networkId,
  });
}

function workloadOf(name: string, named: ReadonlyMap<string, string>): Workload {
  const figure = (key: string) => (named.has(key) ? Number(named.get(key)) : undefined);
  const caps = { perHost: figure('per-host'), perRack: figure('per-rack'), perSite: figure('per-site') };
  const maxQps = figure('max-qps');
  const [service = '', environment = ''] = name.split('.');
  const ask: Partial<Ask> = {
    peakQps: figure('qps') ?? 100,
    profile: { cpuMsPerRequest: figure('ms') ?? 20, memoryBaseMib: figure('base') ?? 512, memoryKibPerQps: figure('per-qps') ?? 0, ...(maxQps === undefined ? {} : { maxQps }) },
    headroomPermille: figure('headroom') ?? 200,
    minReplicas: figure('min') ?? 0,
    survive: (named.get('survive') ?? 'none') as Ask['survive'],
    shape: named.get('shape') ?? 'standard',
    cloud: (named.get('cloud') ?? 'never') as Ask['cloud'],
    caps,
    labels: prefixed(named, 'label.'),
    tolerations: named.has('tolerate') ? [named.get('tolerate')!] : [],
  };
  return workload(name, ask, { name, service, environment });
}

function prefixed(named: ReadonlyMap<string, string>, prefix: string): Record<string, string> {
  return Object.fromEntries([...named].filter(([key]) => key.startsWith(prefix)).map(([key, value]) => [key.slice(prefix.length), value]));
}

function sizeText(from: Snapshot, one: Workload): string {
  const sizing = sizeWorkload(one, prepare(from));
  const lines = isRefusal(sizing) ? [`refused: ${sizing.message}`] : explainSizing(sizing, one);
  return lines.map((line) => `  ${line}\n`).join('');
}

function quoteText(from: Snapshot, draft: Workload): string {
  const answer = quote(from, draft);
  const lines = answer.hosts.map(({ hostName, kind, site, rack, count }) => `${count} on ${hostName} (${kind}, site ${site}, rack ${rack})`);
  if (!isRefusal(answer.sizing)) lines.push(`costs ${answer.costCentsPerHour} cents an hour`);
  for (const each of answer.unplaced) lines.push(...explainUnplaced(each));
  for (const { code, values } of answer.warnings) {
    const told = Object.entries(values).map(([name, value]) => `${name}=${value}`);
    lines.push(`warning ${[code, ...told].join(' ')}`);
  }
  return sizeText(from, draft) + lines.map((line) => `  ${line}\n`).join('');
}

function hostsText({ hosts, replicas }: Snapshot): string {
  const lines = hosts.map(({ id, site, rack, state, cordoned, draining }) => {
    const here = replicas.filter(({ hostId }) => hostId === id).map(({ workloadId, ordinal }) => `${workloadId.replace('.', '-')}-${ordinal}`);
    const mark = `${cordoned ? ', cordoned' : ''}${draining === true ? ', draining' : ''}`;
    return `  ${id} (${site}/${rack}, ${state}${mark}): ${here.length === 0 ? 'nothing' : here.join(' ')}\n`;
  });
  return lines.join('');
}

function releasesText({ snapshot: { replicas }, silent }: World, workloadId: string): string {
  const groups = [...Map.groupBy(replicas.filter((each) => each.workloadId === workloadId), ({ releaseId }) => releaseId)].sort(([one], [other]) => (one < other ? -1 : 1));
  const told = ({ id, ordinal, successor, hostId }: Replica) => `${ordinal}${hostId === null ? ' (waits)' : successor !== undefined ? ` (${successor.state}, for ${replicas.find((each) => each.id === successor.replaces)?.ordinal})` : silent.has(id) ? ' (does not serve)' : ''}`;
  return groups.map(([releaseId, list]) => `  ${releaseId}: ${list.map(told).join(', ')}\n`).join('');
}
