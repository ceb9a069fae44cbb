/**
 * Build, ship, run and back: 30 replicas to another release and back, against Docker Swarm on the same engines with the same image and as
 * many at once; what travels when one file of a service has changed; and what building an unchanged commit costs. In turns, so that a
 * machine that slows down slows both.
 */
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BuildView, PolicyView, ReleaseView, RolloutDetail, RolloutView, ServiceDetail } from '#server/http/contract/index.ts';
import { Repository } from '../lab/build-seat.ts';
import { sendLayers } from '../lab/layers.ts';
import { Site } from '../lab/site.ts';
import { until } from '../lab/until.ts';
import { answering } from './answering.ts';
import { rawEngines, rawReplace } from './raw-docker.ts';
import { Swarm } from './swarm.ts';
import { type BenchTable, median } from './table.ts';

const REPLICAS = 30;
const ROUNDS = 3;
const BASE = '10.225';
/** Successors that are started at once, here as there. */
const AT_ONCE = 10;
const SHAPE = { cpuMilli: 1_000, memoryMib: 256 };
const PORT = 8080;
const DEADLINE_MS = 180_000;
const STRATEGY = { steps: [{ target: { permille: 1000 }, promotion: { by: 'time', seconds: 0 } }], surge: { count: AT_ONCE } } as const;
const SERVICE = readFileSync(fileURLToPath(new URL('../lab/demo-service.mjs', import.meta.url)), 'utf8');
const FIRN_YAML = `runtime: node-minimal\ntest: node --check service.mjs\nstart: [node, service.mjs]\nport: ${PORT}\nhealth: /up\nmetrics: /metrics\nstopSeconds: 10\nenv: { CPU_MS_PER_REQUEST: "5" }\n`;
const ROOMY = { cpuMilli: 32_000, memoryMib: 65_536 };

interface Bench {
  readonly site: Site;
  readonly repository: Repository;
  readonly url: string;
}

export async function benchRelease(): Promise<BenchTable[]> {
  const directory = await mkdtemp('/var/tmp/firn-bench-');
  const site = await Site.up({
    name: 'benchrel',
    base: BASE,
    physical: 2,
    cloud: 1,
    images: [],
    dataDirectory: join(directory, 'data'),
    labDirectory: join(directory, 'lab'),
    liveRestore: false,
    builders: ['phy1'],
    server: { listen: { host: '127.0.0.1', port: 0 }, quarantineMs: 0 },
    capacity: { physical: ROOMY, 'cloud-vm': ROOMY },
  });
  try {
    const url = `${await site.serveRepositories(join(directory, 'git'))}bench`;
    const bench = { site, url, repository: new Repository(join(directory, 'git/bench')) };
    await prepare(site);
    const { first, second, table } = await builds(bench);
    return [table, await rollouts(bench, first, second)];
  } finally {
    await site.down();
    await rm(directory, { recursive: true, force: true });
  }
}

async function prepare(site: Site): Promise<void> {
  await site.api.put('/quotas/quotes/production', { cpuMilli: 1_000_000, memoryMib: 1_000_000 });
  const { record } = await site.api.get<PolicyView>('/policy');
  await site.setPolicy({ ...record, shapes: { ...record.shapes, bench: SHAPE } }, 'the size of the comparison');
  await sendLayers(site.api, new AbortController().signal);
}

/** Two commits that differ in one file, and what building them takes. */
async function builds(bench: Bench): Promise<{ first: BuildView; second: BuildView; table: BenchTable }> {
  bench.repository.commit({ 'service.mjs': SERVICE, 'firn.yaml': FIRN_YAML });
  const first = await build(bench);
  bench.repository.commit({ 'service.mjs': `${SERVICE}// changed\n` });
  const second = await build(bench);
  const known = [];
  for (let round = 0; round < ROUNDS; round += 1) known.push(await build(bench));
  const again = await build(bench, { noCache: true });
  const same = (view: BuildView): string => (view.digest === second.view.digest ? 'yes' : 'NO');
  const rows = [
    { what: 'first commit', seconds: rounded(first.seconds), 'pushed KiB': kib(first.view.pushedBytes), 'image KiB': kib(first.view.bytes), 'same digest': '' },
    { what: 'one file changed', seconds: rounded(second.seconds), 'pushed KiB': kib(second.view.pushedBytes), 'image KiB': kib(second.view.bytes), 'same digest': '' },
    { what: 'unchanged commit (goal < 2 s)', seconds: rounded(median(known.map(({ seconds }) => seconds))), 'pushed KiB': '', 'image KiB': '', 'same digest': known.map(({ view }) => same(view)).join(' ') },
    { what: 'unchanged commit, built again all the same', seconds: rounded(again.seconds), 'pushed KiB': kib(again.view.pushedBytes), 'image KiB': '', 'same digest': same(again.view) },
  ];
  return { first: first.view, second: second.view, table: { name: 'a build: asked -> image in the registry', rows } };
}

async function build({ site, url }: Bench, more: { noCache?: boolean } = {}): Promise<{ view: BuildView; seconds: number }> {
  const begun = performance.now();
  let view = await site.api.post<BuildView>('/builds', { team: 'quotes', service: 'bench', url, ref: 'main', ...more });
  await until('the build ends', async () => view.endedAt !== null || (view = await site.api.get<BuildView>(`/builds/${view.id}`)).endedAt !== null, DEADLINE_MS);
  if (view.state !== 'succeeded') throw new Error(`the build ${view.state}: ${view.reason}`);
  const seconds = (performance.now() - begun) / 1_000;
  process.stderr.write(`build: ${seconds.toFixed(2)} s, pushed ${view.pushedBytes} of ${view.bytes} bytes, ${view.digest?.slice(0, 19)}\n`);
  return { view, seconds };
}

async function rollouts({ site }: Bench, first: BuildView, second: BuildView): Promise<BenchTable> {
  await site.api.post('/requests', {
    team: 'quotes', service: 'bench', environment: 'production', peakQps: 10, profile: { cpuMsPerRequest: 5, memoryBaseMib: 64, memoryKibPerQps: 16 },
    minReplicas: REPLICAS, survive: 'host', shape: 'bench', cloud: 'allowed', run: { build: first.id },
  });
  await untilAnswering(site);
  const release = await site.api.post<ReleaseView>('/services/bench/releases', { environment: 'production', from: { kind: 'build', buildId: second.id } });
  const shipped = await timed('rollout, the image still to be shipped', () => forth(site, release));
  const back = [await timed('forced rollback', () => forced(site, release))];
  const swarm = await Swarm.up(site.lab.hosts, { replicas: REPLICAS, command: ['node', 'service.mjs'], env: ['CPU_MS_PER_REQUEST=5'], ...SHAPE });
  await swarm.create(first.image!);
  // Its engines get the image, as ours did in the first turn.
  await swarm.update(second.image!, AT_ONCE);
  const rounds = { ours: [] as number[], theirs: [] as number[], theirsBack: [await timed('Swarm back', () => swarm.update(first.image!, 0))] };
  const bare: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    rounds.ours.push(await timed('rollout', () => forth(site, release)));
    rounds.theirs.push(await timed('Swarm update', () => swarm.update(second.image!, AT_ONCE)));
    back.push(await timed('forced rollback', () => forced(site, release)));
    rounds.theirsBack.push(await timed('Swarm back', () => swarm.update(first.image!, 0)));
    bare.push(await timedAs('bare Docker back', bareBack(site, first.image!)));
  }
  return {
    name: `${REPLICAS} replicas to another release and back; Firn's count when they answer HTTP, Swarm's when their process runs`,
    rows: [
      row(`Firn: rollout, ${AT_ONCE} at once, the image still to be shipped`, [shipped]),
      row(`Firn: rollout, ${AT_ONCE} at once, images present`, rounds.ours),
      row(`docker service update, ${AT_ONCE} at once, images present`, rounds.theirs),
      row('Firn: forced rollback (goal <= 10 s)', back),
      row('docker service update back, all at once', rounds.theirsBack),
      row('bare Docker API: as many start beside, answer, the others stop and go', bare),
      { what: 'rollout: Firn / Swarm, pair by pair', 'median s': rounded(median(rounds.ours.map((value, round) => value / rounds.theirs[round]!))), rounds: '' },
      { what: 'back: Firn / Swarm, pair by pair', 'median s': rounded(median(back.map((value, round) => value / rounds.theirsBack[round]!))), rounds: '' },
    ],
  };
}

const row = (what: string, values: readonly number[]) => ({ what, 'median s': rounded(median(values) / 1_000), rounds: values.map((value) => (value / 1_000).toFixed(1)).join(' ') });
const rounded = (value: number): number => Number(value.toFixed(2));
const kib = (bytes: number | null): number | string => (bytes === null ? '' : Math.round(bytes / 1024));

/** Milliseconds of one turn, told at once: all turns together take minutes. */
async function timed(what: string, turn: () => Promise<void>): Promise<number> {
  const begun = performance.now();
  await turn();
  const took = performance.now() - begun;
  process.stderr.write(`${what}: ${(took / 1_000).toFixed(1)} s\n`);
  return took;
}

async function timedAs(what: string, turn: Promise<number>): Promise<number> {
  const took = await turn;
  process.stderr.write(`${what}: ${(took / 1_000).toFixed(1)} s\n`);
  return took;
}

/** What going back costs the engines themselves: the floor under everybody's figures. */
function bareBack({ lab }: Site, image: string): Promise<number> {
  const at = (first: number) => rawEngines(lab.hosts, { base: BASE, first, each: REPLICAS / lab.hosts.length });
  return rawReplace(at(10), at(20), { image, env: ['CPU_MS_PER_REQUEST=5'], port: PORT, ...SHAPE });
}

/** To the release, and every replica answers. */
async function forth(site: Site, release: ReleaseView): Promise<void> {
  const { id } = await site.api.post<RolloutView>(`/releases/${release.id}/rollout`, { strategy: STRATEGY, why: 'a benchmark' });
  await ended(site, id, 'succeeded');
  await untilAnswering(site);
}

/** Back to what ran before the release, at once. */
async function forced(site: Site, release: ReleaseView): Promise<void> {
  const { id } = await site.api.post<RolloutView>(`/workloads/${release.workloadId}/rollback`, { why: 'a benchmark' });
  await ended(site, id, 'succeeded');
  await untilAnswering(site);
}

async function ended(site: Site, id: string, how: string): Promise<void> {
  let view: RolloutDetail | undefined;
  await until(`the rollout is ${how}`, async () => {
    view = await site.api.get<RolloutDetail>(`/rollouts/${id}`);
    if (view.endedAt !== null) return true;
    throw new Error(`${view.phase}, ${JSON.stringify(view.replicas)}, waits for ${JSON.stringify(view.wait)}`);
  }, DEADLINE_MS);
  if (view?.phase !== how) throw new Error(`the rollout is ${view?.phase}: ${view?.trouble}`);
}

async function untilAnswering(site: Site): Promise<void> {
  const urls = async (): Promise<string[]> => (await site.api.get<ServiceDetail>('/services/bench')).replicas.flatMap(({ address }) => (address === null ? [] : [`http://${address}:${PORT}/up`]));
  await until('every replica has an address', async () => (await urls()).length === REPLICAS, DEADLINE_MS);
  await answering(await urls(), DEADLINE_MS);
}
