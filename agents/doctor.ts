// What is wrong on this host, before or after it joined: a list of checks, each with a finding and, where needed, a remedy.
// Changes nothing. A check that cannot be made says so and never stops the others.
import { readFile, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { examineBuilder } from './build/examine.ts';
import type { Check } from './check.ts';
import { systemClock, withDeadline } from './clock.ts';
import type { AgentConfig } from './config.ts';
import { openEngine } from './docker/engine.ts';
import { isAtLeast } from './docker/create-body.ts';
import { MIB_BYTES, type EngineFacts } from './docker/runtime.ts';
import { examineNetwork } from './network/examine.ts';
import { endpointOf, reach } from './network/reach.ts';
import { openRunner, type Runner } from './network/run.ts';
import { httpBase, readCredential } from './join.ts';
import { openLedger } from './ledger.ts';
import { sentenceOf } from './log.ts';

export type { Check } from './check.ts';
const SERVER_LIMIT_MS = 5_000;
const OLDEST_API = { major: 1, minor: 41 };
/** Certificates, tokens and histories go wrong beyond a few seconds. */
const CLOCK_SKEW_LIMIT_MS = 5_000;
const LEAST_DISK_MIB = 1_024;

/** Looks at everything that the agent needs. Never rejects. */
export async function doctor(config: AgentConfig, given: { run?: Runner } = {}): Promise<Check[]> {
  const run = given.run ?? openRunner();
  const engine = openEngine({ socketPath: config.dockerSocket });
  const facts = await engine.facts().catch((error: unknown) => sentenceOf(error));
  const found = await Promise.all([
    attempt('root', async () => [checkRoot()]),
    attempt('docker', async () => checkEngine(config, facts)),
    attempt('state', () => checkState(config)),
    attempt('disk', () => checkDisk(config)),
    attempt('server', () => checkServer(config)),
    attempt('network', () => examineNetwork(config, run)),
    attempt('builds', () => examineBuilder(config)),
  ]);
  return found.flat();
}

async function attempt(name: string, check: () => Promise<Check[]>): Promise<Check[]> {
  try {
    return await check();
  } catch (error) {
    return [{ name, state: 'doubtful', finding: `could not be checked: ${sentenceOf(error)}` }];
  }
}

function checkRoot(): Check {
  if (process.getuid?.() === 0) return { name: 'root', state: 'well', finding: 'runs as root' };
  return { name: 'root', state: 'wrong', finding: 'does not run as root', remedy: 'bridges and addresses need root: run it with sudo or as a system service' };
}

function checkEngine(config: AgentConfig, facts: EngineFacts | string): Check[] {
  if (typeof facts === 'string') {
    return [{ name: 'docker', state: 'wrong', finding: `no engine answers on ${config.dockerSocket}: ${facts}`, remedy: 'install docker.io (or docker-ce) and start it, or name its socket with --docker-socket' }];
  }
  const isNew = isAtLeast(facts.apiVersion, OLDEST_API.major, OLDEST_API.minor);
  return [
    isNew
      ? { name: 'docker', state: 'well', finding: `Docker Engine ${facts.version}, API ${facts.apiVersion}` }
      : { name: 'docker', state: 'wrong', finding: `Docker Engine ${facts.version} has API ${facts.apiVersion}`, remedy: `Firn needs API ${OLDEST_API.major}.${OLDEST_API.minor} (Engine 20.10) or newer` },
    facts.liveRestore
      ? { name: 'live restore', state: 'well', finding: 'containers survive a stop of the engine' }
      : { name: 'live restore', state: 'doubtful', finding: 'a stop or an upgrade of the engine stops every container', remedy: 'set "live-restore": true in /etc/docker/daemon.json' },
    { name: 'control groups', state: 'well', finding: `version ${facts.cgroupVersion}` },
    facts.limitsSwap
      ? { name: 'swap accounting', state: 'well', finding: 'swap of containers can be switched off' }
      : { name: 'swap accounting', state: 'doubtful', finding: 'the kernel cannot limit swap: a service that runs out of memory becomes slow instead of failing fast', remedy: 'boot with swapaccount=1, or switch swap off (swapoff -a)' },
  ];
}

async function checkState(config: AgentConfig): Promise<Check[]> {
  const credential = await readCredential(config.stateDir);
  if (credential === undefined) return [{ name: 'membership', state: 'doubtful', finding: `no credential in ${config.stateDir}`, remedy: 'let this host join: firn agent join' }];
  const text = await readFile(`${config.stateDir}/assignment.json`, 'utf8').catch(() => undefined);
  const { assignment } = text === undefined ? {} : await openLedger(config.stateDir).read();
  const known = assignment === undefined ? 'no assignment yet' : `generation ${assignment.generation}, ${assignment.replicas.length} replicas`;
  return [{ name: 'membership', state: 'well', finding: `${credential.hostId} of cluster ${credential.clusterId}; ${known}` }];
}

async function checkDisk(config: AgentConfig): Promise<Check[]> {
  const place = await nearestFolder(config.persistDir);
  const { bavail, bsize } = await statfs(place);
  const freeMib = Math.floor((bavail * bsize) / MIB_BYTES);
  const finding = `${freeMib} MiB free for ${config.persistDir}`;
  if (freeMib >= LEAST_DISK_MIB) return [{ name: 'disk', state: 'well', finding }];
  return [{ name: 'disk', state: 'wrong', finding, remedy: `free at least ${LEAST_DISK_MIB} MiB, or choose another --persist-dir` }];
}

/** The folder itself or the nearest one above it that exists. */
async function nearestFolder(path: string): Promise<string> {
  for (let place = path; ; place = dirname(place)) {
    const isThere = await statfs(place).then(() => true, () => false);
    if (isThere || place === dirname(place)) return place;
  }
}

async function checkServer(config: AgentConfig): Promise<Check[]> {
  const url = new URL(httpBase(config.serverUrl));
  const endpoint = endpointOf(config.serverUrl);
  try {
    await withDeadline(systemClock, SERVER_LIMIT_MS, `${endpoint.host}:${endpoint.port}`, (signal) => reach(endpoint, signal));
  } catch (error) {
    return [{ name: 'server', state: 'wrong', finding: `${config.serverUrl} cannot be reached: ${sentenceOf(error)}`, remedy: 'check the address, the route and firewalls between; containers go on without it' }];
  }
  const reachable: Check = { name: 'server', state: 'well', finding: `${config.serverUrl} can be reached` };
  const askedMs = Date.now();
  const date = await fetch(url, { signal: AbortSignal.timeout(SERVER_LIMIT_MS) }).then((answer) => answer.headers.get('date'), () => null);
  if (date === null) return [reachable];
  // The header counts whole seconds: half a second on either side of the middle of the exchange.
  const skewMs = Math.round((askedMs + Date.now()) / 2 - (Date.parse(date) + 500));
  const isTrue = Math.abs(skewMs) <= CLOCK_SKEW_LIMIT_MS;
  const finding = `this host's clock differs from the server's by ${(skewMs / 1000).toFixed(1)} s`;
  return [reachable, isTrue ? { name: 'clock', state: 'well', finding } : { name: 'clock', state: 'wrong', finding, remedy: 'let chrony or systemd-timesyncd set the clock on both' }];
}
