/**
 * The autoscaler on real engines: demand grows fivefold in one step, and a gateway says so. Then what must not take capacity away: demand that falls, a
 * gateway that says zero or nothing, an agent and a server that are away for a moment, a release in the middle.
 * The tests build on each other in order, as an hour in the life of one service. Counts are asserted; times are printed, since machines differ.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AutoscaleSettingsInput, AutoscaleView, CapacityRequest, DecisionDetail, DecisionView, LatestMetrics, ReleaseView, ReplicaView, RolloutView, ServiceDetail, TokenCreated } from '#server/http/contract/index.ts';
import { drive } from '../load/drive.ts';
import { describe as figures } from '../load/summary.ts';
import { demoImage } from './images.ts';
import { Site } from './site.ts';
import { until } from './until.ts';

const CPU_MS = 8;
const SHAPE = { cpuMilli: 200, memoryMib: 256 };
/** What a replica takes by its own word: so the machine that runs all of this decides nothing. */
const REPLICA_QPS = 5;
const CALM_QPS = 4;
const HOT_QPS = 5 * CALM_QPS;
const LEAST = 3;
/** Carries the larger demand with 6 % more. It is the maximum too: starts of containers use CPU, and a machine that is busy must not be taken for demand. */
const RIGHT = Math.ceil((HOT_QPS * 1.06) / REPLICA_QPS);
const PATIENCE_MS = 20_000;
/** More is turned away, as gateways do: a service that is buried cannot answer its health check either. */
const MOST_IN_FLIGHT = 24;

let site: Site;
let gateway: Gateway;

beforeAll(async () => {
  site = await Site.scratch({ name: 'market', base: '10.151', physical: 2, cloud: 0, images: [await demoImage()], server: { reportMs: 1_000, leaseMs: 15_000 } });
  await site.addShape('fifth', SHAPE);
  const { secret } = await site.api.post<TokenCreated>('/tokens', { name: 'gateway', scopes: ['push'] });
  gateway = new Gateway(secret);
}, 90_000);

afterAll(async () => {
  await gateway?.close();
  await site?.down();
}, 60_000);

let workloadId: string;

test('a workload that was granted much follows demand with little', async () => {
  const draft = { team: 'quotes', service: 'ticker', environment: 'production', peakQps: 2 * HOT_QPS, headroomPermille: 0, minReplicas: 1, profile: { cpuMsPerRequest: CPU_MS, memoryBaseMib: 64, memoryKibPerQps: 16, maxQps: REPLICA_QPS }, survive: 'none', shape: 'fifth', run: { image: 'firn/demo:1', env: { CPU_MS_PER_REQUEST: String(CPU_MS) }, port: 8080, healthPath: '/up' } };
  const request = await site.api.post<CapacityRequest>('/requests', draft);
  expect(request.state).toBe('approved');
  workloadId = request.workloadId!;
  // The maximum takes effect at once; afterwards it is where the request has it.
  await set({ ...SETTINGS, min: LEAST, max: LEAST });
  await serving(LEAST);
  await gateway.begin(CALM_QPS);
  await until('demand is seen', async () => Math.abs(((await latest()).qps ?? 0) - CALM_QPS) < 2);
  await set({ ...SETTINGS, min: LEAST, max: RIGHT });
  await until('it was decided', async () => (await decisions()).length > 0 && (await now()).demand.qps !== null);
  await delay(12_000);
  expect((await now()).replicas.wanted).toBe(LEAST);
});

let scaled = 0;
let hotSince = 0;

test('demand grows fivefold in one step: one step of the autoscaler, to a number that carries it', async () => {
  const before = (await changes()).length;
  hotSince = Date.now();
  const begun = performance.now();
  await gateway.begin(HOT_QPS);
  let asked = 0;
  await until('it scales out', async () => (await changes()).length > before, 20_000);
  asked = performance.now() - begun;
  const [out] = await changes();
  expect(out).toMatchObject({ action: 'out', before: LEAST });
  scaled = out!.replicas;
  expect(scaled).toBe(RIGHT);
  await serving(scaled);
  const served = performance.now() - begun;
  await delay(12_000);
  console.log(`${LEAST} -> ${scaled} replicas: decided after ${(asked / 1000).toFixed(1)} s, all serve after ${(served / 1000).toFixed(1)} s: ${out!.explanation}`);
  expect((await changes()).slice(0, -before || undefined).map(({ replicas }) => replicas)).toEqual([scaled]);
});

test('a gateway that says zero while services are busy is not believed', async () => {
  gateway.lie('zero');
  const doubted = await decided('it is doubted', ({ alerts }) => alerts.some(({ kind }) => kind === 'metricLoss'));
  expect(doubted.witnesses.find(({ name }) => name === 'qps')?.verdict).toBe('zero');
  gateway.lie('nothing');
  await decided('it is believed again', ({ alerts }) => alerts.every(({ kind }) => kind !== 'metricLoss'));
  await kept();
});

test('an agent that is killed and comes back changes nothing', async () => {
  await site.stopAgent('phy1', 'SIGKILL');
  const since = Date.now();
  await site.startAgent('phy1');
  await until('it is heard again', async () => (await site.hosts()).some(({ name, lastSeenAt }) => name === 'phy1' && lastSeenAt !== null && Date.parse(lastSeenAt) > since));
  await site.untilReady();
  await kept();
});

test('a server that starts again in the middle takes nothing away, since its memory is old', async () => {
  await site.stopServer();
  const since = Date.now();
  await site.startServer();
  await site.untilReady();
  await until('it was decided', async () => (await decisions()).some(({ at }) => Date.parse(at) > since));
  const first = (await decisions()).findLast(({ at }) => Date.parse(at) > since)!;
  const { input } = await site.api.get<DecisionDetail>(`/decisions/${first.id}`);
  expect(input.observation['isRestarted']).toBe(true);
  expect(first.action).not.toBe('in');
  await until('the gateway is heard again', async () => (await latest()).qpsFrom === 'pushed');
  await kept();
});

test('a release in the middle keeps the number, and a gateway that falls silent meanwhile takes nothing away', async () => {
  gateway.lie('silence');
  const release = await site.api.post<ReleaseView>('/services/ticker/releases', { environment: 'production', from: { kind: 'current' }, config: { env: { VERSION: '2' } } });
  const { id } = await site.api.post<RolloutView>(`/releases/${release.id}/rollout`, { strategy: { steps: [{ target: { permille: 1000 }, promotion: { by: 'time', seconds: 0 } }], surge: { count: 3 } } });
  await until('the release is out', async () => (await site.api.get<RolloutView>(`/rollouts/${id}`)).endedAt !== null, 90_000);
  expect((await site.api.get<RolloutView>(`/rollouts/${id}`)).phase).toBe('succeeded');
  await until('the gateway is not trusted any more', async () => (await latest()).sources.some(({ kind, isTrusted }) => kind === 'pushed' && !isTrusted), 40_000);
  await decided('there is doubt', ({ alerts }) => alerts.some(({ kind }) => kind === 'metricLoss'));
  await kept();
});

/** Nothing was taken away, and what is wanted serves. */
async function kept(): Promise<void> {
  expect((await decisions('in')).filter(({ at }) => Date.parse(at) > hotSince).map(({ explanation }) => explanation)).toEqual([]);
  const { wanted } = (await now()).replicas;
  expect(wanted).toBeGreaterThanOrEqual(scaled);
  await serving(wanted);
}

const SETTINGS: AutoscaleSettingsInput = { mode: 'on', ceilingPermille: 900, markets: [] };

const set = (settings: AutoscaleSettingsInput): Promise<AutoscaleView> => site.api.put<AutoscaleView>(`/workloads/${workloadId}/autoscale`, { settings, why: 'a test' });
const now = (): Promise<AutoscaleView> => site.api.get<AutoscaleView>(`/workloads/${workloadId}/autoscale`);
const latest = (): Promise<LatestMetrics> => site.api.get<LatestMetrics>(`/workloads/${workloadId}/metrics`);
/** Newest first. */
const decisions = async (action?: string): Promise<DecisionView[]> => (await site.api.get<{ items: DecisionView[] }>(`/decisions?workload=${workloadId}&limit=50${action === undefined ? '' : `&action=${action}`}`)).items;
const changes = (): Promise<DecisionView[]> => decisions('changes');

/** The first decision from now on that is as wanted. */
async function decided(what: string, holds: (decision: DecisionView) => boolean, deadlineMs = 30_000): Promise<DecisionView> {
  const since = Date.now();
  let found: DecisionView | undefined;
  await until(what, async () => {
    const { decision } = await now();
    found = decision !== null && Date.parse(decision.at) >= since && holds(decision) ? decision : undefined;
    if (found !== undefined) return true;
    throw new Error(decision?.explanation ?? 'nothing was decided yet');
  }, deadlineMs);
  return found!;
}

async function replicasNow(): Promise<ReplicaView[]> {
  return (await site.api.get<ServiceDetail>('/services/ticker')).replicas;
}

async function serving(count: number, deadlineMs = 60_000): Promise<void> {
  await until(`${count} replicas serve, and no other is there`, async () => {
    const replicas = await replicasNow();
    if (replicas.length === count && replicas.every(({ state }) => state === 'running')) return true;
    throw new Error(JSON.stringify(replicas.map(({ name, state, reason }) => [name, state, reason])));
  }, deadlineMs);
}

/** What stands in front of the service: sends its users' requests to whatever serves, and pushes what it counted every second. */
class Gateway {
  readonly #secret: string;
  readonly #closing = new AbortController();
  readonly #pushing: Promise<void>;
  #targets: readonly string[] = [];
  #run: { readonly abort: AbortController; readonly ended: Promise<unknown> } | null = null;
  #accepted = 0;
  #qps = 0;
  #countedAt = Date.now();
  #lies: 'nothing' | 'zero' | 'silence' = 'nothing';

  constructor(secret: string) {
    this.#secret = secret;
    this.#pushing = this.#push();
  }

  /** Arrivals a second from now on; those before end. */
  async begin(qps: number): Promise<void> {
    await this.#look();
    this.#count();
    this.#qps = qps;
    this.#run?.abort.abort();
    const abort = new AbortController();
    const ended = drive({ targets: () => this.#targets, qps, seconds: 600, timeoutMs: PATIENCE_MS, maxInFlight: MOST_IN_FLIGHT, signal: abort.signal }).then((result) => console.log(`${qps} a second: ${figures(result).split('\n')[0]}`));
    this.#run = { abort, ended };
  }

  /** Requests go on, whatever it says of them. */
  lie(how: 'nothing' | 'zero' | 'silence'): void {
    this.#lies = how;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#run?.abort.abort();
    await Promise.all([this.#pushing, this.#run?.ended]);
  }

  async #look(): Promise<void> {
    this.#targets = (await replicasNow()).filter(({ state }) => state === 'running').map(({ address }) => `http://${address}:8080/`);
  }

  /** Arrivals come at a constant rate, so they need not be counted one by one. */
  #count(): string {
    const at = Date.now();
    this.#accepted += ((at - this.#countedAt) / 1000) * this.#qps;
    this.#countedAt = at;
    return new Date(at).toISOString();
  }

  async #push(): Promise<void> {
    while (!this.#closing.signal.aborted) {
      await delay(1_000);
      // While the server is away nothing is said and nothing lost: the next push counts what this one would have.
      await this.#pushOnce().catch(() => undefined);
    }
  }

  async #pushOnce(): Promise<void> {
    await this.#look();
    if (this.#lies === 'silence' || this.#qps === 0) return;
    const at = this.#count();
    const said = this.#lies === 'zero' ? { rates: { accepted: 0 } } : { counters: { accepted: Math.floor(this.#accepted) } };
    await fetch(`${site.server.url}/api/v1/metrics/push`, { method: 'POST', headers: { authorization: `Bearer ${this.#secret}`, 'content-type': 'application/json' }, body: JSON.stringify({ source: 'gateway-1', at, workloads: [{ service: 'ticker', environment: 'production', ...said }] }), signal: AbortSignal.timeout(5_000) });
  }
}
