// How sites, stages, names, answers and shifts are shown: from what steering has in memory, so that what people see is what clients are told.
import type { Snapshot } from '#scheduler/model.ts';
import { said, type Said, saying, type Saying, type Why, whyOf } from '#scheduler/said.ts';
import { dataOf, stageAt } from '#scheduler/sites/stages.ts';
import type { Base } from '#scheduler/prepare.ts';
import type { Context } from '../../context.ts';
import type { ShiftRow } from '../../db/shifts.ts';
import type { StagesRow } from '../../db/stages.ts';
import type { WorkloadRow } from '../../db/workloads.ts';
import { goneIn, sightOf, sightSaid } from '../../sites/evidence.ts';
import { lacks, mayShift, type ShiftCircumstances, type Shifter, shiftWhy } from '../../sites/shift-rules.ts';
import type { KnownName } from '../../sites/steering.ts';
import type { FailoverView, NameView, ShiftView, SiteView, StagesView } from '../contract/sites.ts';
import { instant, instantOrNull } from './show.ts';

export interface Seen {
  readonly snapshot: Snapshot;
  readonly base: Base;
  readonly asker: Shifter;
}

export function showSite({ steering, failovers, fleet }: Context, name: string, { snapshot, base, asker }: Seen): SiteView {
  const { directory } = steering;
  const row = directory.siteRows.find((site) => site.name === name);
  const sight = sightOf(name, snapshot.hosts, directory.names.values(), goneIn(fleet));
  const mark = directory.marks.find((each) => each.site === name && each.name === '' && each.kind === 'failed') ?? directory.marks.find((each) => each.site === name && each.name === '');
  const draining = directory.steering.find((shift) => shift.kind === 'drain' && shift.site === name);
  const state = mark?.kind === 'failed' ? 'failed' : mark?.kind === 'drained' ? 'drained' : draining === undefined ? 'serving' : 'draining';
  const watch = failovers.watches.get(`${name}/`);
  const room = base.hosts.reduce((sum, host, index) => (host.site === name && host.state === 'ready' && !host.cordoned ? { cpuMilli: sum.cpuMilli + Math.max(0, base.freeCpu[index]!), memoryMib: sum.memoryMib + Math.max(0, base.freeMemory[index]!) } : sum), { cpuMilli: 0, memoryMib: 0 });
  const refusal = (code: string, isSo: boolean, sentence: string): Why | null => (asker.can('sites.manage') ? (isSo ? whyOf(said(code, {}, sentence)) : null) : lacks(asker));
  const isByPerson = mark?.kind === 'failed' && mark.by !== 'firn';
  const [fail, restore, drain] = [refusal('failed-by-person', isByPerson, 'It is failed by a person already.'), refusal('not-failed', mark?.kind !== 'failed', 'It is not failed.'), refusal(`is-${state}`, state !== 'serving', `It is ${state}.`)];
  return {
    name,
    isDeclared: row !== undefined,
    clients: row?.clients ?? [],
    regions: row?.regions ?? [],
    links: (row?.links ?? []).map(({ to, data, mbps }) => ({ to, data, mbps: mbps ?? null })),
    data: dataOf(name, directory.sites),
    state,
    stateBy: mark?.by ?? draining?.appliedBy ?? 'firn',
    since: instantOrNull(mark?.since ?? draining?.appliedAt ?? null),
    reason: mark?.reason ?? (draining === undefined ? 'clients are sent here as names say' : `"${draining.title}": step ${draining.step} of ${draining.steps}`),
    ...told(mark === undefined ? (draining === undefined ? [{ code: 'as-names-say', values: {} }] : [{ code: 'drain-step', values: { step: draining.step, steps: draining.steps } }]) : mark.said),
    evidence: { hosts: sight.hosts, hostsUp: sight.hostsUp, replicas: sight.replicas, replicasHealthy: sight.replicasHealthy, contrarySince: instantOrNull(watch?.contrarySince ?? null), sentence: sightSaid(sight).sentence },
    names: [...directory.names.values()].filter(({ ready }) => ready.standings.some(({ site, code }) => site === name && (code === 'serves' || code === 'unhealthy'))).length,
    freeCpuMilli: room.cpuMilli,
    freeMemoryMib: room.memoryMib,
    note: row?.note ?? '',
    may: { fail: fail?.sentence ?? null, restore: restore?.sentence ?? null, drain: drain?.sentence ?? null },
    maySaid: { ...saidAs('fail', fail), ...saidAs('restore', restore), ...saidAs('drain', drain) },
  };
}

/** As the API gives it, where it is known. */
const told = (said: readonly Saying[] | null | undefined): { said?: Saying[] } => (said === null || said === undefined ? {} : { said: [...said] });
const saidAs = <K extends string>(key: K, why: Why | null): { [P in K]?: Saying[] } => (why?.said === undefined ? {} : ({ [key]: [...why.said] } as { [P in K]?: Saying[] }));

export function showFailover({ steering: { directory }, failovers }: Context): FailoverView {
  return {
    rules: directory.rules,
    failed: directory.marks.filter(({ kind, name }) => kind === 'failed' && name !== '').map(({ name, site, since, reason, said: words }) => ({ name, site, since: instant(since), reason, ...told(words) })),
    held: failovers.held.map(({ name, site, since, code, reason, said: words }) => ({ name, site, since: instant(since), code, reason, said: [...words] })),
  };
}

/** @param row undefined: nothing was declared of it */
export function showStages({ steering: { directory } }: Context, workload: WorkloadRow, row: StagesRow | undefined, { snapshot, base }: Seen): StagesView {
  const declared = { layer: row?.layer ?? ('service' as const), isReadOnly: row?.isReadOnly ?? false, stages: row?.stages ?? {} };
  const siteOf = new Map(snapshot.hosts.map(({ id, site }) => [id, site]));
  const replicas = (base.replicasOf.get(workload.id) ?? []).flatMap(({ hostId, id }) => (hostId === null ? [] : [{ id, site: siteOf.get(hostId) }]));
  const named = [...directory.names.values()].find((name) => name.workload?.id === workload.id);
  const healthy = new Set(named?.ready.spec.targets.filter(({ isHealthy }) => isHealthy).map(({ replicaId }) => replicaId));
  const sites = [...new Set([...snapshot.hosts.map(({ site }) => site), ...directory.siteRows.map(({ name }) => name)])].sort();
  return {
    service: workload.service,
    environment: workload.environment,
    team: workload.team,
    isDeclared: row !== undefined,
    layer: declared.layer,
    isReadOnly: declared.isReadOnly,
    sites: sites.map((site) => {
      const { stage, serves, why, said: words } = stageAt(site, declared, dataOf(site, directory.sites));
      const here = replicas.filter((replica) => replica.site === site);
      return { site, stage, isDeclared: Object.hasOwn(declared.stages, site), serves, why, said: [words], replicas: here.length, replicasHealthy: named === undefined ? here.length : here.filter(({ id }) => healthy.has(id)).length };
    }),
  };
}

export function showName({ observations, config }: Context, { row, port, workload, ready, weights, shiftId }: KnownName): NameView {
  const rates = observations.rates(row.name);
  const standing = stateOf(ready);
  return {
    name: row.name,
    service: row.service,
    environment: row.environment,
    team: workload?.team ?? '',
    port,
    preference: row.preference,
    order: row.order,
    ttlSeconds: row.ttlSeconds,
    mostAddresses: row.mostAddresses,
    isInZone: config.dnsZone !== null && row.name.endsWith(`.${config.dnsZone}`),
    ...standing,
    sites: ready.standings.map(({ site, stage, code, why, said: words, healthy, leaving, unhealthy }) => ({
      site,
      weight: weights[site] ?? 1000,
      setWeight: row.weights[site] ?? 1000,
      stage,
      serves: code === 'serves',
      why,
      said: [words],
      code,
      addresses: healthy.length + leaving.length + unhealthy.length,
      healthy: healthy.length + leaving.length,
      leaving: leaving.length,
      queriesPerSecond: rates.bySite.get(site) ?? 0,
    })),
    shiftId,
    queriesPerSecond: rates.all,
    updatedBy: row.updatedBy,
    updatedAt: instant(row.updatedAt),
  };
}

type State = Pick<NameView, 'state' | 'reason' | 'said'>;

function stateOf({ level, standings, spec }: KnownName['ready']): State {
  const one = (state: State['state'], why: Said): State => ({ state, reason: why.sentence, said: [saying(why)] });
  const all = (state: State['state'], some: KnownName['ready']['standings']): State => ({ state, reason: some.map(({ why }) => why).join('; '), said: some.map((standing) => standing.said) });
  if (spec.targets.length === 0) return one('no-replicas', said('no-address', {}, 'it has no replica with an address'));
  if (level === 'nothing') return all('down', standings);
  if (level === 'unhealthy') return one('down', said('best-there-is', {}, 'no replica looks healthy: clients are told the best there is'));
  if (level === 'against-weights') return one('degraded', said('others-told', {}, 'no site that should serve has a healthy replica: clients are told others'));
  const bad = standings.filter(({ code }) => code === 'failed' || code === 'unhealthy');
  return bad.length === 0 ? one('healthy', said('all-healthy', {}, 'every site that should serve has a healthy replica')) : all('degraded', bad);
}

export function showShift(row: ShiftRow, asker: Shifter, circumstances: ShiftCircumstances): ShiftView {
  const { id, title, kind, site, state, steps, stepSeconds, step, plan, reason, createdBy, decidedBy, appliedBy } = row;
  const nextAt = row.stepAt === null ? null : row.stepAt + stepSeconds * 1000;
  const { sentence, said: words } = shiftWhy(row);
  const why = { sentence, ...told(words) };
  const waits: ShiftView['waitsFor'] =
    state === 'draft' || state === 'approved' || state === 'paused'
      ? { code: 'person', until: null, ...why }
      : state !== 'applying'
        ? null
        : row.waitCode !== null
          ? { code: row.waitCode, until: null, sentence: row.waitReason, ...told(row.waitSaid) }
          : { code: 'time', until: instantOrNull(nextAt), sentence: `step ${step + 1} of ${steps} comes next`, said: [{ code: 'step-next', values: { step: step + 1, steps } }] };
  return {
    id,
    title,
    kind,
    site,
    state,
    stateText: sentence,
    ...told(words),
    steps,
    stepSeconds,
    step,
    waitsFor: waits,
    plan,
    reason,
    createdBy,
    decidedBy,
    appliedBy,
    createdAt: instant(row.createdAt),
    decidedAt: instantOrNull(row.decidedAt),
    appliedAt: instantOrNull(row.appliedAt),
    finishedAt: instantOrNull(row.finishedAt),
    ...mayShift(row, asker, circumstances),
  };
}
