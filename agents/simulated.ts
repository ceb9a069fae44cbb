// A host that exists only in memory: the real agent with an engine in memory and no network to set up, in the caller's process.
// The demo's simulated fleet and tests are made of these; dozens in one process are cheap.
import { runAgent, type AgentDeps, type AgentHandle } from './agent.ts';
import { systemClock } from './clock.ts';
import type { AgentConfig } from './config.ts';
import { confirmedInMemory } from './confirmed.ts';
import { FakeRuntime, type FakeOptions } from './docker/fake.ts';
import { simulatedFacts } from './host/facts.ts';
import { readCredential, requestJoin, type Credential } from './join.ts';
import { join } from 'node:path';
import { memoryLedger, openLedger, writeWhole } from './ledger.ts';
import { openLog, type LogLevel } from './log.ts';
import { noHostFolders } from './host/folders.ts';
import { noHostNetworking } from './network/run.ts';

export interface SimulatedHostOptions {
  readonly serverUrl: string;
  /** One-time token; not used when `stateDir` has a credential from an earlier run. */
  readonly token: string;
  readonly name: string;
  readonly address: string;
  /** What the host is said to have. */
  readonly declared: { readonly cpuMilli: number; readonly memoryMib: number };
  readonly uplink?: string;
  readonly containerCidr?: string;
  /** Keeps credential and assignment there; absent: in memory, gone with the process. */
  readonly stateDir?: string;
  readonly log?: LogLevel;
  /** Behaviour of the engine in memory. */
  readonly engine?: Partial<FakeOptions>;
  readonly deps?: Partial<AgentDeps>;
}

export interface SimulatedHost extends AgentHandle {
  readonly engine: FakeRuntime;
}

/** About what a small real engine takes. */
const CREATE_MS = 120;
const START_MS = 180;
const SERVICE_MS = 250;

/** Joins (unless it has) and runs. Throws the server's sentence when the join is refused. */
export async function startSimulatedHost(options: SimulatedHostOptions): Promise<SimulatedHost> {
  const { stateDir, name, declared } = options;
  const clock = options.deps?.clock ?? systemClock;
  const engine = new FakeRuntime({ clock, ...declared, createMs: CREATE_MS, startMs: START_MS, serviceMs: SERVICE_MS, ...options.engine });
  const config: AgentConfig = {
    serverUrl: options.serverUrl, stateDir: stateDir ?? '/nonexistent', persistDir: '/nonexistent', dockerSocket: '/nonexistent', name, address: options.address,
    uplink: options.uplink ?? 'eth0', declared, log: options.log ?? 'silent', ...(options.containerCidr === undefined ? {} : { containerCidr: options.containerCidr }),
  };
  const facts = simulatedFacts(name, await engine.facts());
  const credential = options.deps?.credential ?? (stateDir === undefined ? undefined : await readCredential(stateDir)) ?? (await joinAndKeep(config, options.token, facts, stateDir));
  const handle = await runAgent(config, {
    clock, credential, identities: null, runtime: engine, probe: engine.probe, usage: engine.usage, scrape: engine.scrape, networking: noHostNetworking, folders: noHostFolders, reach: null, confirmed: confirmedInMemory(), logsDir: stateDir === undefined ? null : join(stateDir, 'logs'), facts: () => facts,
    ledger: stateDir === undefined ? memoryLedger() : openLedger(stateDir), log: openLog(config.log, name), prepareFiles: async (spec) => ({ persistPath: `/persist/${spec.address}` }), ...options.deps,
  });
  return Object.assign(handle, { engine });
}

async function joinAndKeep(config: AgentConfig, token: string, facts: ReturnType<typeof simulatedFacts>, stateDir: string | undefined): Promise<Credential> {
  const credential = await requestJoin(config, token, facts);
  if (stateDir !== undefined) await writeWhole(join(stateDir, 'credential.json'), `${JSON.stringify(credential)}\n`, 0o600);
  return credential;
}
