/**
 * What an agent costs while nothing happens: one real engine with 30 containers, and the bundled agent as its unit would run it. CPU time and memory of
 * the agent's process over a minute, and of the engine beside it. The server's side is a stand-in with the usual pace of heartbeats and reports.
 */
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { macOf } from '#agents/accept.ts';
import type { Assignment } from '#agents/protocol.ts';
import { StandInServer } from '#agents/stand-in.ts';
import { settingsFolder } from '../lab/engine.ts';
import { demoImage } from '../lab/images.ts';
import { Lab, type LabHost } from '../lab/lab.ts';
import type { HostProcess } from '../lab/processes.ts';
import type { BenchTable } from './table.ts';

const REPLICAS = 30;
const MEASURED_MS = 60_000;
const SETTLE_MS = 20_000;
const PORT = 7071;
const NODE = fileURLToPath(new URL('../../node_modules/.bin/node', import.meta.url));
const AGENT = fileURLToPath(new URL('../../dist/agent/main.js', import.meta.url));
/** As the agent's unit has them. */
const FLAGS = ['--max-semi-space-size=1', '--max-old-space-size=64', '--v8-pool-size=1'];
/** Linux counts the time of processes in hundredths. */
const TICK_MS = 10;

export async function benchIdle(): Promise<BenchTable[]> {
  const directory = await mkdtemp('/var/tmp/firn-idle-');
  const lab = await Lab.up({ name: 'idle', base: '10.205', physical: 1, cloud: 0, directory: join(directory, 'lab'), images: [await demoImage()] });
  let agent: HostProcess | undefined;
  const server = await StandInServer.start({ host: lab.topology.seat.address, port: PORT, heartbeatMs: 1_000, reportMs: 2_000, leaseMs: 5_000 });
  try {
    const host = lab.host('phy1');
    agent = await startAgent(lab, host);
    const pid = await nodeBelow(agent.pid);
    server.assign(assignmentFor(host));
    await server.until('phy1', ({ replicas }) => replicas.length === REPLICAS && replicas.every(({ state }) => state === 'running'), 180_000);
    await delay(SETTLE_MS);
    const before = await ticksOf(pid);
    await delay(MEASURED_MS);
    const cpuMs = ((await ticksOf(pid)) - before) * TICK_MS;
    return [{
      name: `an idle agent with ${REPLICAS} containers on a real engine, over ${MEASURED_MS / 1_000} s`,
      rows: [
        { what: '% of a core', measured: Number(((cpuMs / MEASURED_MS) * 100).toFixed(2)), goal: '<= 0.5' },
        { what: 'RSS MiB', measured: await rssMib(pid), goal: '<= 90' },
      ],
    }];
  } finally {
    // Politely, because a profile is written at the end.
    await agent?.stop();
    await server[Symbol.asyncDispose]();
    await lab.down();
    await rm(directory, { recursive: true, force: true });
  }
}

async function startAgent(lab: Lab, host: LabHost): Promise<HostProcess> {
  const [stateDir, persistDir] = [join(host.home, 'agent'), join(host.home, 'persist')];
  for (const folder of [stateDir, persistDir]) await mkdir(folder, { recursive: true });
  const env = {
    FIRN_AGENT_SERVER: `http://${lab.topology.seat.address}:${PORT}`, FIRN_AGENT_STATE_DIR: stateDir, FIRN_AGENT_PERSIST_DIR: persistDir, FIRN_AGENT_DOCKER_SOCKET: host.socketPath, FIRN_AGENT_REGISTRY_CERTS_DIR: join(settingsFolder(host.home), 'certs.d'),
    FIRN_AGENT_CGROUP_PARENT: host.cgroupParent, FIRN_AGENT_NAME: host.name, FIRN_AGENT_ADDRESS: host.address, FIRN_AGENT_UPLINK: 'eth0', FIRN_AGENT_CPU_MILLI: '32000', FIRN_AGENT_MEMORY_MIB: '32768',
    FIRN_JOIN_TOKEN: 'token-0123456789abcdef', FIRN_AGENT_LOG: 'warn',
  };
  const profile = process.env['FIRN_BENCH_PROFILE'];
  const logFile = join(host.home, 'agent.log');
  const joined = await (await lab.spawnOn(host.name, [NODE, AGENT, 'join'], { env, logFile })).ended;
  if (joined.code !== 0) throw new Error(`the agent could not join: ${await readFile(logFile, 'utf8')}`);
  return await lab.spawnOn(host.name, [NODE, ...FLAGS, ...(profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`]), AGENT, 'run'], { env, logFile });
}

/** The process itself, or what it started in the host's namespace. */
async function nodeBelow(pid: number): Promise<number> {
  for (let tries = 0; tries < 50; tries += 1) {
    for (const id of [String(pid), ...(await readdir('/proc')).filter((name) => /^\d+$/.test(name))]) {
      const line = await readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '');
      const parent = /^PPid:\s+(\d+)/m.exec(await readFile(`/proc/${id}/status`, 'utf8').catch(() => ''))?.[1];
      if (line.includes('dist/agent/main.js\0run') && line.startsWith(NODE) && (id === String(pid) || parent === String(pid))) return Number(id);
    }
    await delay(100);
  }
  return pid;
}

function assignmentFor(host: LabHost): Assignment {
  const [first = '', second = ''] = host.address.split('.');
  const replicas = Array.from({ length: REPLICAS }, (_, index) => {
    const address = `${first}.${second}.16.${index + 1}`;
    return {
      id: `r${index}`, name: `idle-${index}`, workload: 'idle.production', image: 'firn/demo:1', command: [], env: { PORT: '8080' }, address, mac: macOf(address), cpuMilli: 500, memoryMib: 128,
      port: 8080, healthPath: '/up', metricsPath: '/metrics', dns: [], hosts: [], stopSeconds: 1, release: 'r-1',
    };
  });
  const network = { name: 'firn', mode: 'flat' as const, bridge: 'firn0', uplink: 'eth0', cidr: `${first}.${second}.0.0/16`, gateway: `${first}.${second}.0.1`, hostAddress: host.address };
  return { clusterId: 'cluster-1', hostId: host.name, generation: 1, network, replicas };
}

/** User and system time. */
async function ticksOf(pid: number): Promise<number> {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).replace(/^.*\) /, '').split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

async function rssMib(pid: number): Promise<number> {
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024);
}
