// What people do in a simulated site, through the HTTP API as they would: ask, grow, shrink, release, drain, remove. Every answer is kept: what was
// accepted is a promise that the checkers hold the server to.
import type { Checks } from './checks.ts';
import type { Chance } from './random.ts';
import type { World } from './world.ts';

export interface Action {
  /** Within its episode. */
  readonly atMs: number;
  readonly kind: ActionKind;
  /** Index of a service or of a host. */
  readonly target: number;
  readonly size: number;
}

const WEIGHTS = { ask: 10, change: 10, release: 8, drain: 5, cordon: 2, remove: 1, policy: 3 } as const;
export type ActionKind = keyof typeof WEIGHTS;
const KINDS = Object.keys(WEIGHTS) as ActionKind[];
const SERVICES = 4;
/** A drain or a cordon is lifted after so long. */
const LIFTED_MS = 45_000;

export function drawAction(chance: Chance, hosts: number, withinMs: number): Action {
  let left = chance.fraction() * KINDS.reduce((sum, kind) => sum + WEIGHTS[kind], 0);
  const kind = KINDS.find((each) => (left -= WEIGHTS[each]) < 0) ?? 'ask';
  return { atMs: chance.whole(0, withinMs), kind, target: chance.whole(0, Math.max(hosts, SERVICES) - 1), size: chance.whole(1, 5) };
}

/** People of a simulated site: they remember what they were told. */
export class People {
  readonly #world: World;
  readonly #checks: Checks;
  readonly #services = new Map<string, string>();
  #releases = 0;

  constructor(world: World, checks: Checks) {
    this.#world = world;
    this.#checks = checks;
  }

  /** Begins an action; its answer comes when it comes, or never where the server goes away. */
  begin({ kind, target, size }: Action): void {
    const { hosts, trace } = this.#world;
    const host = hosts[target % hosts.length]!.name;
    const service = `s${target % SERVICES}`;
    trace.say('people', `${kind} ${kind === 'drain' || kind === 'cordon' ? host : kind === 'policy' ? '' : service}`.trim(), { size });
    const act = { ask: () => this.#ask(service, size), change: () => this.#ask(service, size), release: () => this.#release(service), drain: () => this.#lift(host, 'drain'), cordon: () => this.#lift(host, 'cordon'), remove: () => this.#remove(service), policy: () => this.#policy(size) };
    act[kind]().catch((error: unknown) => trace.say('people', `${kind} failed: ${String(error)}`));
  }

  async #ask(service: string, size: number): Promise<void> {
    const workload = `${service}.production`;
    const draft = { team: 'team', service, environment: 'production', peakQps: size * 25, profile: { cpuMsPerRequest: 20, memoryBaseMib: 64, memoryKibPerQps: 128 }, shape: 'quarter', minReplicas: 2, survive: 'host', ...(this.#services.has(service) ? {} : { run: { image: 'firn/demo:1' } }) };
    // Whatever becomes of it, from now on less may be enough.
    this.#checks.forPeak.delete(workload);
    const answer = await this.#world.server.call('POST', '/requests', draft);
    this.#world.trace.say('people', `asked for ${workload}`, { status: answer?.status ?? 'no answer', state: answer?.body?.state, why: answer?.body?.detail });
    if (answer === null || answer.status !== 201) return;
    this.#checks.accepted.set(answer.body.id, `${workload} for ${draft.peakQps} QPS`);
    if (answer.body.state !== 'approved') return;
    this.#services.set(service, answer.body.workloadId);
    this.#checks.forPeak.set(workload, answer.body.quote.sizing.mustRemain);
  }

  async #release(service: string): Promise<void> {
    if (!this.#services.has(service)) return;
    this.#releases += 1;
    const made = await this.#world.server.call('POST', `/services/${service}/releases`, { environment: 'production', from: { kind: 'current' }, config: { env: { VERSION: String(this.#releases) } } });
    const id = made?.body?.release?.id ?? made?.body?.id;
    this.#world.trace.say('people', `made a release of ${service}`, { status: made?.status ?? 'no answer', why: made?.body?.detail });
    if (id === undefined) return;
    const strategy = { steps: [{ target: { permille: 1000 }, promotion: { by: 'time', seconds: 0 } }], prepareSeconds: 30, startSeconds: 30 };
    const begun = await this.#world.server.call('POST', `/releases/${id}/rollout`, { strategy, override: ['not-proven'], why: 'simulation' });
    this.#world.trace.say('people', `rolls out ${service}`, { status: begun?.status ?? 'no answer', why: begun?.body?.detail });
  }

  async #lift(host: string, verb: 'drain' | 'cordon'): Promise<void> {
    const { server, time } = this.#world;
    time.after(LIFTED_MS, 'plan', 'people', () => void server.call('POST', `/hosts/${host}/un${verb}`));
    await server.call('POST', `/hosts/${host}/${verb}`, { reason: 'simulation' });
  }

  async #remove(service: string): Promise<void> {
    const id = this.#services.get(service);
    if (id === undefined) return;
    this.#checks.forPeak.delete(`${service}.production`);
    const answer = await this.#world.server.call('DELETE', `/workloads/${id}`, { reason: 'simulation' });
    if (answer !== null && answer.status < 300) this.#services.delete(service);
  }

  /** Another policy, as people bring one: proposed, approved, applied where nothing changed meanwhile. */
  async #policy(size: number): Promise<void> {
    const { server, trace } = this.#world;
    const { record } = (await server.call('GET', '/policy'))?.body ?? {};
    if (record === undefined) return;
    const changed = { ...record, utilisation: size === 1 ? { rule: 'staffing' } : { rule: 'fixed', permille: 400 + 100 * size }, reservePermille: { cpu: 20 * size, memory: 20 * size }, movesPerHour: 50 * size };
    const made = await server.call('POST', '/proposals', { title: `policy ${size}`, changes: [{ kind: 'policy', record: changed }] });
    // Another ceiling is another number of replicas: from now on less may be enough.
    this.#checks.forPeak.clear();
    for (const verb of made?.status === 201 ? ['approve', 'apply'] : []) {
      const said = await server.call('POST', `/proposals/${made!.body.id}`, { verb });
      trace.say('people', `${verb} the policy`, { status: said?.status ?? 'no answer', why: said?.body?.detail });
    }
  }

  /** Lifts what is still drained or cordoned, until the server has heard it. */
  async liftAll(): Promise<void> {
    for (const { name } of this.#world.hosts) for (const verb of ['undrain', 'uncordon']) await this.#world.time.finish(this.#world.server.call('POST', `/hosts/${name}/${verb}`), `${verb} ${name}`);
  }
}
