// One large site from end to end: hosts join, replicas are asked for and started, then it stands and beats. Prints what the server's part of that took.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Template } from './server.ts';
import { World } from './world.ts';

const REPLICAS_EACH = 20;
/** How long it is watched once everything runs. */
const STANDS_MS = 10_000;
const MOST_START_MS = 3_600_000;

export async function runLarge(template: Template, size: { readonly hosts: number; readonly replicas: number }, say: (line: string) => void): Promise<void> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const megabytes = (): string => {
    collect();
    const { heapUsed, rss } = process.memoryUsage();
    return `${(heapUsed / 1e6).toFixed(0)} MB of heap (${(rss / 1e6).toFixed(0)} MB resident)`;
  };
  const world = new World({ seed: 'large', template, hosts: size.hosts });
  const { time, server } = world;
  const begun = process.cpuUsage();
  const begunMs = performance.now();
  time.spentMs = new Map();
  const agentsMs = (): number => [...time.spentMs!].reduce((sum, [owner, ms]) => sum + (owner === 'server' ? 0 : ms), 0);
  const seconds = (): string => {
    const { user, system } = process.cpuUsage(begun);
    const all = (user + system) / 1e6;
    return `${all.toFixed(1)} s of CPU in all, ${(all - agentsMs() / 1000).toFixed(1)} s of it the server's and the simulation's own (${((performance.now() - begunMs) / 60_000).toFixed(1)} minutes)`;
  };
  await world.setUp();
  await world.pass(time.nowMs + 5_000);
  say(`${size.hosts} hosts joined: ${seconds()}, ${megabytes()}`);
  for (let service = 1; service <= size.replicas / REPLICAS_EACH; service += 1) {
    await world.must('POST', '/requests', { team: 'team', service: `s${service}`, environment: 'production', peakQps: 10, profile: { cpuMsPerRequest: 20, memoryBaseMib: 64, memoryKibPerQps: 128 }, shape: 'quarter', minReplicas: REPLICAS_EACH, survive: 'none', run: { image: 'firn/demo:1' } });
  }
  say(`${size.replicas} replicas asked for: ${seconds()}`);
  const askedMs = time.nowMs;
  const running = async (): Promise<number> => (await Promise.all(world.hosts.map(async ({ engine }) => (await engine.containers()).filter(({ status }) => status === 'running').length))).reduce((sum, each) => sum + each, 0);
  let count = 0;
  for (; count < size.replicas && time.nowMs - askedMs < MOST_START_MS; count = await running()) await world.pass(time.nowMs + 1_000);
  say(`${count} replicas run ${((time.nowMs - askedMs) / 1000).toFixed(0)} simulated seconds later: ${seconds()}, ${megabytes()}`);
  time.spentMs = new Map();
  await world.pass(time.nowMs + STANDS_MS);
  const serverMs = time.spentMs.get('server') ?? 0;
  say(`standing: the server takes ${(serverMs / STANDS_MS).toFixed(2)} cores, all agents together ${(agentsMs() / STANDS_MS).toFixed(2)} cores (CPU of this thread, by whose event it was)`);
  world.hosts.splice(0);
  time.forget();
  say(`the server alone, its agents let go: ${megabytes()}`);
  if (server.context === undefined) say('the server is down');
  world.end();
}
