/**
 * The product on the lab: control plane, three or more real hosts, an agent on each, joined with one-time tokens as on any machine.
 * The demo, the end-to-end tests and the benchmarks stand on it. Takes names, ranges and folders; gives the server, the hosts and a seat
 * at the API. Ends what it started; the data folder stays.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Docker from 'dockerode';
import { type Config, DEFAULTS } from '#server/config.ts';
import { type ServerHandle, startServer } from '#server/start.ts';
import type { HostView, JoinTokenCreated, NetworkView, PolicyRecord, PolicyView, ProposalDetail } from '#server/http/contract/index.ts';
import { Api } from './api.ts';
import { settingsFolder } from './engine.ts';
import { type LabImage } from './images.ts';
import { Lab, type LabHost } from './lab.ts';
import type { HostProcess } from './processes.ts';
import { LAB_ENVIRONMENT } from './run.ts';
import { until, untilUnless } from './until.ts';

export interface SiteOptions {
  /** Of the lab; see topology.ts for what is allowed. */
  readonly name: string;
  readonly base: string;
  readonly physical: number;
  readonly cloud: number;
  readonly images: readonly LabImage[];
  /** The server's data, the agents' state and the containers' /persist: kept. */
  readonly dataDirectory: string;
  /** The lab's files: removed at the end. Keep it short. */
  readonly labDirectory: string;
  /** Around both, where nothing is to be kept; see lab.ts. */
  readonly scratch?: string;
  readonly server?: Partial<Config>;
  /** Of the lab's engines; see lab.ts. */
  readonly liveRestore?: boolean;
  /** Hosts that build; every physical one unless told. */
  readonly builders?: readonly string[];
  /** What each host is said to have; a lab's hosts share one machine, so it is declared and not detected. */
  readonly capacity?: Readonly<Record<LabHost['kind'], { cpuMilli: number; memoryMib: number }>>;
}

export interface Logins {
  readonly admin: string;
  readonly sre: string;
  readonly dev: string;
}

const NODE = fileURLToPath(new URL('../../node_modules/.bin/node', import.meta.url));
const AGENT = fileURLToPath(new URL('../../agents/main.ts', import.meta.url));
/** The agent as a service would run it: one file, no type stripping. Made by `npm run build`. */
const BUILT_AGENT = fileURLToPath(new URL('../../dist/agent/main.js', import.meta.url));
/** Room for young objects that fits a process which mostly waits: 9 MiB less than Node's own choice. */
const AGENT_FLAGS = ['--max-semi-space-size=1', '--v8-pool-size=1'];
const AGENT_PORT = 7071;
const REGISTRY_PORT = 7072;
const GIT_PORT = 7073;
const REGISTRY_START_MS = 20_000;
const DEFAULT_CAPACITY = { physical: { cpuMilli: 16_000, memoryMib: 32_768 }, 'cloud-vm': { cpuMilli: 8_000, memoryMib: 16_384 } };
const HOST_FACTS = {
  physical: { site: 'dc1', costCentsPerHour: 320, performance: 80, stability: 90 },
  'cloud-vm': { site: 'vpc1', costCentsPerHour: 480, performance: 60, stability: 70 },
} as const;

export class Site implements AsyncDisposable {
  readonly lab: Lab;
  readonly agents = new Map<string, HostProcess>();
  readonly #options: SiteOptions;
  #server: ServerHandle | undefined;
  #logins: Logins | undefined;
  /** Of the server's authority: what a join command would carry. */
  #caSha256 = '';
  #api: Api | undefined;
  #git: ChildProcess | undefined;
  readonly #ending = new AbortController();

  private constructor(lab: Lab, options: SiteOptions) {
    this.lab = lab;
    this.#options = options;
  }

  /** For tests: all of it in one folder, which goes with the lab, and a server that any free port does for. */
  static scratch({ server, ...options }: Omit<SiteOptions, 'dataDirectory' | 'labDirectory' | 'scratch'>): Promise<Site> {
    const scratch = `/var/tmp/firn-${options.name}`;
    return Site.up({ ...options, scratch, dataDirectory: join(scratch, 'data'), labDirectory: join(scratch, 'lab'), server: { listen: { host: '127.0.0.1', port: 0 }, quarantineMs: 1_000, ...server } });
  }

  /** Starts everything and waits until every host is ready. What a data folder knows already is not made again. */
  static async up(options: SiteOptions): Promise<Site> {
    const lab = await Lab.up({ ...options, directory: options.labDirectory });
    const site = new Site(lab, options);
    try {
      await mkdir(options.dataDirectory, { recursive: true });
      await site.startServer();
      await site.#ensureNetwork();
      await Promise.all(lab.hosts.map((host) => site.startAgent(host.name)));
      await site.untilReady();
      return site;
    } catch (error) {
      await site.down();
      throw error;
    }
  }

  get server(): ServerHandle {
    if (!this.#server) throw new Error('the server is stopped');
    return this.#server;
  }

  /** As `admin`, who may do everything. */
  get api(): Api {
    if (!this.#api) throw new Error('nobody is logged in: the server has not started yet');
    return this.#api;
  }

  get logins(): Logins {
    if (!this.#logins) throw new Error('there are no logins before the first start');
    return this.#logins;
  }

  /** Where the server, the agents and the containers keep things. */
  get dataDirectory(): string {
    return this.#options.dataDirectory;
  }

  async startServer(): Promise<void> {
    const { dataDirectory, server } = this.#options;
    const config: Config = {
      ...DEFAULTS,
      fleet: 'lab',
      logLevel: 'warn',
      ...server,
      dataDir: join(dataDirectory, 'server'),
      agentListen: { host: this.lab.topology.seat.address, port: AGENT_PORT },
      registryListen: { host: this.lab.topology.seat.address, port: REGISTRY_PORT },
    };
    this.#server = await startServer(config);
    void this.#adoptRegistry();
    this.#caSha256 = (await this.#server.context.authority.own()).sha256;
    this.#logins = await ensureLogins(this.#server, dataDirectory);
    this.#api = await Api.login(this.#server.url, 'admin', this.#logins.admin);
  }

  async stopServer(): Promise<void> {
    await this.#server?.stop();
    this.#server = undefined;
  }

  /** Joins the host if its state folder does not know the cluster yet, then runs its agent on it. */
  async startAgent(name: string, more: Readonly<Record<string, string>> = {}): Promise<void> {
    const host = this.lab.host(name);
    const env = { ...this.#agentEnvironment(host), ...more };
    const entry = await stat(BUILT_AGENT).then(() => BUILT_AGENT, () => AGENT);
    const logFile = join(this.#options.dataDirectory, 'log', `agent-${name}.log`);
    if (!(await exists(join(env.FIRN_AGENT_STATE_DIR, 'credential.json')))) {
      const { token } = await this.#joinToken(host);
      const joining = await this.lab.spawnOn(name, [NODE, ...AGENT_FLAGS, entry, 'join'], { env: { ...env, FIRN_JOIN_TOKEN: token }, logFile });
      const { code } = await joining.ended;
      if (code !== 0) throw new Error(`${name} could not join: ${(await readFile(logFile, 'utf8')).slice(-600)}`);
    }
    this.agents.set(name, await this.lab.spawnOn(name, [NODE, ...AGENT_FLAGS, entry, 'run'], { env, logFile }));
  }

  /** What a bought VM does at its first start: joins with the token that came with it, under its own name, and runs its agent. */
  async bootVm(hostName: string, vm: { readonly name: string; readonly token: string; readonly containerCidr: string; readonly cpuMilli: number; readonly memoryMib: number }): Promise<void> {
    const state = join(this.#options.dataDirectory, 'agents', vm.name);
    const env = {
      ...this.#agentEnvironment(this.lab.host(hostName)), FIRN_AGENT_NAME: vm.name, FIRN_AGENT_STATE_DIR: state, FIRN_AGENT_PERSIST_DIR: join(this.#options.dataDirectory, 'persist', vm.name),
      FIRN_AGENT_CONTAINER_CIDR: vm.containerCidr, FIRN_AGENT_CPU_MILLI: String(vm.cpuMilli), FIRN_AGENT_MEMORY_MIB: String(vm.memoryMib),
    };
    const entry = await stat(BUILT_AGENT).then(() => BUILT_AGENT, () => AGENT);
    const logFile = join(this.#options.dataDirectory, 'log', `agent-${vm.name}.log`);
    const joining = await this.lab.spawnOn(hostName, [NODE, ...AGENT_FLAGS, entry, 'join'], { env: { ...env, FIRN_JOIN_TOKEN: vm.token }, logFile });
    const { code } = await joining.ended;
    if (code !== 0) throw new Error(`${vm.name} could not join: ${(await readFile(logFile, 'utf8')).slice(-600)}`);
    this.agents.set(hostName, await this.lab.spawnOn(hostName, [NODE, ...AGENT_FLAGS, entry, 'run'], { env, logFile }));
  }

  async stopAgent(name: string, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    await this.agents.get(name)?.stop(signal);
    this.agents.delete(name);
  }

  /** A shape that requests may name, beside those of the policy. */
  async addShape(name: string, shape: { readonly cpuMilli: number; readonly memoryMib: number }): Promise<void> {
    const { record } = await this.api.get<PolicyView>('/policy');
    await this.setPolicy({ ...record, shapes: { ...record.shapes, [name]: shape } }, 'small replicas for a small machine');
  }

  /** Puts a policy into force as people do: one proposes it, another one approves and applies it. */
  async setPolicy(record: PolicyRecord, title: string): Promise<void> {
    const sre = await Api.login(this.server.url, 'sre', this.logins.sre);
    const { id } = await sre.post<ProposalDetail>('/proposals', { title, changes: [{ kind: 'policy', record }] });
    for (const verb of ['approve', 'apply']) await this.api.post(`/proposals/${id}`, { verb });
  }

  async hosts(): Promise<HostView[]> {
    return (await this.api.get<{ items: HostView[] }>('/hosts')).items;
  }

  /** One host as the server sees it. Throws when it knows none of that name. */
  async host(name: string): Promise<HostView> {
    const found = (await this.hosts()).find((view) => view.name === name);
    if (!found) throw new Error(`no host ${name}`);
    return found;
  }

  /** The engine of a host, asked behind the product's back. */
  engine(name: string): Docker {
    return new Docker({ socketPath: this.lab.host(name).socketPath });
  }

  /** What an engine has, running or not, by name. */
  async containersOn(...names: readonly string[]): Promise<string[]> {
    const lists = await Promise.all(names.map((name) => this.engine(name).listContainers({ all: true })));
    return lists.flat().map((container) => String(container.Names[0]).slice(1)).sort();
  }

  /** What all engines have. */
  allContainers(): Promise<string[]> {
    return this.containersOn(...this.lab.hosts.map(({ name }) => name));
  }

  /** Waits until every powered host's agent has spoken and its network is made. Throws after 30 s with what is missing. */
  async untilReady(): Promise<void> {
    await until('every host is ready', async () => {
      const views = new Map((await this.hosts()).map((view) => [view.name, view]));
      const missing = this.lab.hosts.flatMap(({ name }) => {
        const view = views.get(name);
        if (view?.state === 'ready' && view.problems.length === 0) return [];
        return [`${name}: ${view === undefined ? 'unknown' : [view.state, view.stateReason, ...view.problems].join(', ')}`];
      });
      if (missing.length > 0) throw new Error(missing.join('; '));
      return true;
    });
  }

  /** Serves the repositories of a folder to the hosts; gives the URL that a repository's name follows. */
  async serveRepositories(folder: string): Promise<string> {
    const { address } = this.lab.topology.seat;
    await mkdir(folder, { recursive: true });
    if (this.#git !== undefined) return `git://${address}:${GIT_PORT}/`;
    this.#git = spawn('git', ['daemon', `--base-path=${folder}`, '--export-all', `--listen=${address}`, `--port=${GIT_PORT}`, '--reuseaddr'], { stdio: 'ignore', env: LAB_ENVIRONMENT });
    if (this.#git.pid !== undefined) await this.lab.adopt(this.#git.pid);
    return `git://${address}:${GIT_PORT}/`;
  }

  async down(): Promise<void> {
    this.#ending.abort();
    await Promise.all([...this.agents.keys()].map((name) => this.stopAgent(name)));
    this.#git?.kill();
    await this.stopServer();
    await this.lab.down();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.down();
  }

  /** The registry is the server's child, which a server that is killed together with its test cannot end. It starts a moment after the server does. */
  async #adoptRegistry(): Promise<void> {
    const file = join(this.#options.dataDirectory, 'server/registry/pid');
    const adopted = async (): Promise<boolean> => (await this.lab.adopt(Number(await readFile(file, 'utf8'))), true);
    // Without a registry there is nothing to adopt, and nothing of that is this lab's business.
    await untilUnless(this.#ending.signal, 'the registry runs', adopted, REGISTRY_START_MS).catch(() => undefined);
  }

  #agentEnvironment(host: LabHost) {
    const { dataDirectory, builders, capacity = DEFAULT_CAPACITY } = this.#options;
    const { cpuMilli, memoryMib } = capacity[host.kind];
    const builds = builders?.includes(host.name) ?? host.kind === 'physical';
    return {
      FIRN_AGENT_SERVER: `wss://${this.lab.topology.seat.address}:${AGENT_PORT}`,
      FIRN_AGENT_CA_SHA256: this.#caSha256,
      FIRN_AGENT_STATE_DIR: join(dataDirectory, 'agents', host.name),
      FIRN_AGENT_PERSIST_DIR: join(dataDirectory, 'persist', host.name),
      FIRN_AGENT_DOCKER_SOCKET: host.socketPath,
      FIRN_AGENT_REGISTRY_CERTS_DIR: join(settingsFolder(host.home), 'certs.d'),
      FIRN_AGENT_CGROUP_PARENT: host.cgroupParent,
      FIRN_AGENT_NAME: host.name,
      FIRN_AGENT_ADDRESS: host.address,
      FIRN_AGENT_UPLINK: 'eth0',
      FIRN_AGENT_CPU_MILLI: String(cpuMilli),
      FIRN_AGENT_MEMORY_MIB: String(memoryMib),
      ...(builds ? { FIRN_AGENT_BUILDS: '1', FIRN_AGENT_GIT_PROTOCOLS: 'git' } : {}),
      ...(host.mode === 'routed' ? { FIRN_AGENT_CONTAINER_CIDR: host.containers.cidr } : {}),
    };
  }

  async #ensureNetwork(): Promise<void> {
    const flat = this.lab.hosts.find((host) => host.mode === 'flat');
    if (!flat) return;
    const { items } = await this.api.get<{ items: NetworkView[] }>('/networks');
    if (items.some((network) => network.name === 'dc1')) return;
    const { first, last } = flat.containers;
    await this.api.post('/networks', { name: 'dc1', site: 'dc1', cidr: flat.cidr, gateway: flat.gateway, first, last });
  }

  #joinToken(host: LabHost): Promise<JoinTokenCreated> {
    const { site, costCentsPerHour, performance, stability } = HOST_FACTS[host.kind];
    const rack = `r${host.name.replace(/\D+/g, '').padStart(2, '0')}`;
    const where = host.mode === 'flat' ? { mode: 'flat', network: 'dc1' } : { mode: 'routed' };
    return this.api.post('/join-tokens', { kind: host.kind, site, rack, ...where, costCentsPerHour, performance, stability });
  }
}

/** The logins of this data folder: made at its first start and kept where only their owner can read, because this is a demo. */
export async function ensureLogins(server: ServerHandle, dataDirectory: string): Promise<Logins> {
  const file = join(dataDirectory, 'logins.json');
  if (server.firstLogin === null) return JSON.parse(await readFile(file, 'utf8')) as Logins;
  const logins: Logins = { admin: password(), sre: password(), dev: password() };
  await writeFile(file, JSON.stringify(logins), { mode: 0o600 });
  const first = server.firstLogin.password;
  await choosePassword(server.url, 'admin', first, logins.admin);
  const api = await Api.login(server.url, 'admin', logins.admin);
  await api.post('/teams', { name: 'quotes', title: 'Market quotes' });
  await api.post('/users', { name: 'sre', password: first, grants: [{ team: null, role: 'sre' }] });
  await api.post('/users', { name: 'dev', password: first, grants: [{ team: 'quotes', role: 'developer' }] });
  await choosePassword(server.url, 'sre', first, logins.sre);
  await choosePassword(server.url, 'dev', first, logins.dev);
  await api.put('/quotas/quotes/production', { cpuMilli: 12_000, memoryMib: 24_576 });
  await api.put('/quotas/quotes/staging', { cpuMilli: 4_000, memoryMib: 8_192 });
  return logins;
}

/** As the person would: a password that somebody else set is replaced at the first login. */
async function choosePassword(url: string, name: string, current: string, next: string): Promise<void> {
  await (await Api.login(url, name, current)).post('/me/password', { current, next });
}

const password = (): string => randomBytes(9).toString('base64url');
const exists = (path: string): Promise<boolean> => stat(path).then(() => true, () => false);
