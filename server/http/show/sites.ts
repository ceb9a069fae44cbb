// How sites, stages, names, answers and shifts are shown: from what steering has in memory, so that what people see is what clients are told.
import type { Snapshot } from '#scheduler/model.ts';
import { dataOf, stageAt } from '#scheduler/sites/stages.ts';
import type { Base } from '#scheduler/prepare.ts';
import type { Context } from '../../context.ts';
import type { ShiftRow } from '../../db/shifts.ts';
import type { StagesRow } from '../../db/stages.ts';
import type { WorkloadRow } from '../../db/workloads.ts';
import { goneIn, sightOf, sightText } from '../../sites/evidence.ts';
import { mayShift, type ShiftCircumstances, type Shifter, shiftText } from '../../sites/shift-rules.ts';
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
  const lacks = asker.can('sites.manage') ? null : `${asker.name} lacks the permission sites.manage.`;
  const isByPerson = mark?.kind === 'failed' && mark.by !== 'firn';
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
    evidence: { hosts: sight.hosts, hostsUp: sight.hostsUp, replicas: sight.replicas, replicasHealthy: sight.replicasHealthy, contrarySince: instantOrNull(watch?.contrarySince ?? null), sentence: sightText(sight) },
    names: [...directory.names.values()].filter(({ ready }) => ready.standings.some(({ site, code }) => site === name && (code === 'serves' || code === 'unhealthy'))).length,
    freeCpuMilli: room.cpuMilli,
    freeMemoryMib: room.memoryMib,
    note: row?.note ?? '',
    may: {
      fail: lacks ?? (isByPerson ? 'It is failed by a person already.' : null),
      restore: lacks ?? (mark?.kind === 'failed' ? null : 'It is not failed.'),
      drain: lacks ?? (state === 'serving' ? null : `It is ${state}.`),
    },
  };
}

export function showFailover({ steering: { directory }, failovers }: Context): FailoverView {
  return {
    rules: directory.rules,
    failed: directory.marks.filter(({ kind, name }) => kind === 'failed' && name !== '').map(({ name, site, since, reason }) => ({ name, site, since: instant(since), reason })),
    held: failovers.held.map(({ name, site, since, code, reason }) => ({ name, site, since: instant(since), code, reason })),
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
      const { stage, serves, why } = stageAt(site, declared, dataOf(site, directory.sites));
      const here = replicas.filter((replica) => replica.site === site);
      return { site, stage, isDeclared: Object.hasOwn(declared.stages, site), serves, why, replicas: here.length, replicasHealthy: named === undefined ? here.length : here.filter(({ id }) => healthy.has(id)).length };
    }),
  };
}

export function showName({ observations, config }: Context, { row, port, workload, ready, weights, shiftId }: KnownName): NameView {
  const rates = observations.rates(row.name);
  const { state, reason } = stateOf(ready);
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
    state,
    reason,
    sites: ready.standings.map(({ site, stage, code, why, healthy, leaving, unhealthy }) => ({
      site,
      weight: weights[site] ?? 1000,
      setWeight: row.weights[site] ?? 1000,
      stage,
      serves: code === 'serves',
      why,
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

function stateOf({ level, standings, spec }: KnownName['ready']): Pick<NameView, 'state' | 'reason'> {
  if (spec.targets.length === 0) return { state: 'no-replicas', reason: 'it has no replica with an address' };
  if (level === 'nothing') return { state: 'down', reason: standings.map(({ why }) => why).join('; ') };
  if (level === 'unhealthy') return { state: 'down', reason: 'no replica looks healthy: clients are told the best there is' };
  if (level === 'against-weights') return { state: 'degraded', reason: 'no site that should serve has a healthy replica: clients are told others' };
  const bad = standings.filter(({ code }) => code === 'failed' || code === 'unhealthy');
  return bad.length === 0 ? { state: 'healthy', reason: 'every site that should serve has a healthy replica' } : { state: 'degraded', reason: bad.map(({ why }) => why).join('; ') };
}

export function showShift(row: ShiftRow, asker: Shifter, circumstances: ShiftCircumstances): ShiftView {
  const { id, title, kind, site, state, steps, stepSeconds, step, plan, reason, createdBy, decidedBy, appliedBy } = row;
  const nextAt = row.stepAt === null ? null : row.stepAt + stepSeconds * 1000;
  const waits: ShiftView['waitsFor'] =
    state === 'draft' || state === 'approved' || state === 'paused'
      ? { code: 'person', until: null, sentence: shiftText(row) }
      : state !== 'applying'
        ? null
        : row.waitCode !== null
          ? { code: row.waitCode, until: null, sentence: row.waitReason }
          : { code: 'time', until: instantOrNull(nextAt), sentence: `step ${step + 1} of ${steps} comes next` };
  return {
    id,
    title,
    kind,
    site,
    state,
    stateText: shiftText(row),
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
    may: mayShift(row, asker, circumstances),
  };
}
