// Starts the real server for a test, on a folder and ports of its own, and speaks to it as its first admin. Simulated hosts join in one line.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type SimulatedHost, type SimulatedHostOptions, startSimulatedHost } from '#agents/simulated.ts';
import { type Config, DEFAULTS } from '#server/config.ts';
import type { Overrides } from '#server/context.ts';
import { updateUser } from '#server/db/accounts.ts';
import { putMigratedDatabase } from '#server/db/fixtures/migrated.ts';
import type { DraftInput } from '#server/http/contract/requests.ts';
import { type ServerHandle, startServer } from '#server/start.ts';

const PASSWORD = 'admin-of-this-test';
const ANY_PORT = { host: '127.0.0.1', port: 0 };

export interface Answer {
  readonly status: number;
  /** Whatever came, or null for an empty body: each test says what it should be by what it asserts. */
  readonly body: ReturnType<typeof JSON.parse>;
}

export interface TestServer extends AsyncDisposable {
  readonly handle: ServerHandle;
  readonly dataDir: string;
  /** Calls the API as the first admin; paths are below /api/v1. */
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** Joins a flat host of the network `dc` (made on first use) and waits until it is ready; 16 cores and 32 GiB unless said otherwise. */
  addHost(name: string, options?: { readonly rack?: string; readonly cpuMilli?: number; readonly memoryMib?: number; readonly address?: string; readonly stateDir?: string; readonly engine?: SimulatedHostOptions['engine'] }): Promise<SimulatedHost>;
  /** Puts a policy into force as people do: proposed, approved (by its author, who is alone here) and applied. @returns the last answer that was given */
  setPolicy(record: unknown): Promise<Answer>;
  /** A further person, signed in. @returns headers of their calls */
  person(name: string, grants: readonly { readonly team: string | null; readonly role: string }[]): Promise<Record<string, string>>;
  /** Gives the team `quotes` a quota and makes it, unless it is there. */
  addTeam(quota?: { readonly cpuMilli: number; readonly memoryMib: number }): Promise<void>;
}

export const testConfig = (dataDir: string, more: Partial<Config> = {}): Config => ({ ...DEFAULTS, dataDir, listen: ANY_PORT, agentListen: ANY_PORT, logLevel: 'silent', consoleDir: null, heartbeatMs: 100, reportMs: 200, leaseMs: 1000, quarantineMs: 500, ...more });

export function temporaryFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'firn-test-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

export async function startTestServer({ dataDir, config, overrides }: { readonly dataDir?: string; readonly config?: Partial<Config>; readonly overrides?: Overrides } = {}): Promise<TestServer> {
  const folder = dataDir === undefined ? temporaryFolder() : undefined;
  const path = dataDir ?? folder!.path;
  if (folder !== undefined) putMigratedDatabase(path);
  const handle = await startServer(testConfig(path, config), { adminPassword: PASSWORD, ...overrides });
  const session = await fetch(`${handle.url}/api/v1/auth/login`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ name: 'admin', password: PASSWORD }) });
  const cookie = session.headers.getSetCookie()[0]?.split(';')[0] ?? '';
  let hosts = 0;
  const call: TestServer['call'] = async (method, route, body, headers = {}) => {
    const answer = await fetch(`${handle.url}/api/v1${route}`, { method, headers: { cookie, ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers }, ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }) });
    const text = await answer.text();
    return { status: answer.status, body: text === '' ? null : JSON.parse(text) };
  };
  return {
    handle,
    dataDir: path,
    call,
    async addHost(name, { rack = name, cpuMilli = 16_000, memoryMib = 32_768, address, stateDir, engine } = {}) {
      hosts += 1;
      await call('POST', '/networks', NETWORK);
      const token = await call('POST', '/join-tokens', { kind: 'physical', site: 'dc1', rack, mode: 'flat', network: 'dc', costCentsPerHour: 100 });
      const host = await startSimulatedHost({ serverUrl: handle.agentUrl, token: token.body.token, name, address: address ?? `10.9.0.${10 + hosts}`, declared: { cpuMilli, memoryMib }, ...(stateDir === undefined ? {} : { stateDir }), engine: { createMs: 5, startMs: 5, serviceMs: 10, ...engine } });
      await until(async () => ((await call('GET', `/hosts/${name}`)).body.state === 'ready' ? true : undefined), `host ${name} ready`);
      return host;
    },
    async setPolicy(record) {
      const made = await call('POST', '/proposals', { title: 'a policy for this test', changes: [{ kind: 'policy', record }] });
      if (made.status !== 201) return made;
      const act = (verb: string) => call('POST', `/proposals/${made.body.id}`, { verb });
      for (;;) {
        await act('approve');
        const applied = await act('apply');
        if (applied.body.code !== 'proposal-stale') return applied;
        await act('refresh');
      }
    },
    async person(name, grants) {
      const { body } = await call('POST', '/users', { name, password: PASSWORD, grants });
      // As if they had chosen it themselves.
      await handle.context.store.tx((tx) => updateUser(tx, body.id, { mustChangePassword: false }));
      const login = await fetch(`${handle.url}/api/v1/auth/login`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ name, password: PASSWORD }) });
      return { cookie: login.headers.getSetCookie()[0]!.split(';')[0]! };
    },
    async addTeam(quota = { cpuMilli: 1_000_000, memoryMib: 2_000_000 }) {
      await call('POST', '/teams', { name: 'quotes' });
      await call('PUT', '/quotas/quotes/production', { ...quota, reason: 'test' });
    },
    async [Symbol.asyncDispose]() {
      await handle.stop();
      folder?.remove();
    },
  };
}

export const NETWORK = { name: 'dc', site: 'dc1', cidr: '10.9.0.0/16', gateway: '10.9.0.1', first: '10.9.1.0', last: '10.9.1.255', dns: ['10.9.0.2'] };

/** An ask of team `quotes` that needs a handful of replicas of 1 core. */
export function draft(more: Partial<DraftInput> = {}): DraftInput {
  return { team: 'quotes', service: 'quote', environment: 'production', peakQps: 100, profile: { cpuMsPerRequest: 20, memoryBaseMib: 64, memoryKibPerQps: 128 }, shape: 'quarter', run: { image: 'firn/demo:1' }, ...more };
}

/** Waits until `look` gives something other than undefined. @throws after the deadline, with what was seen last */
export async function until<T>(look: () => Promise<T | undefined>, what: string, deadlineMs = 10_000): Promise<T> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    const seen = await look();
    if (seen !== undefined) return seen;
    if (performance.now() > end) throw new Error(`${what} did not happen within ${deadlineMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
