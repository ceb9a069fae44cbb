// What a host does about hands that meddle, about what nobody assigned, and about services that end: through the whole agent, on an engine in memory.
import { afterEach, expect, test } from 'vitest';
import { systemClock } from './clock.ts';
import { FakeRuntime } from './docker/fake.ts';
import type { FakeBehaviour } from './docker/fake-behaviour.ts';
import { DriftBoard } from './drift.ts';
import { assignment, FLAT, spec } from './fixtures.ts';
import { identityOf } from './identity.ts';
import { ManualClock } from './manual-clock.ts';
import { OrphanBoard } from './orphans.ts';
import type { Report } from './protocol.ts';
import type { Step, Wanted } from './reconcile.ts';
import { Restarts, WELL_MS } from './restarts.ts';
import { startSimulatedHost, type SimulatedHost } from './simulated.ts';
import { StandInServer } from './stand-in.ts';

const cleanups: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of cleanups.splice(0).reverse()) await one[Symbol.asyncDispose]();
});

async function site(before: (engine: FakeRuntime) => void = () => undefined, behaviours: ReadonlyMap<string, FakeBehaviour> = new Map()): Promise<{ at: StandInServer; one: SimulatedHost; engine: FakeRuntime }> {
  const at = await StandInServer.start({ heartbeatMs: 200, reportMs: 200 });
  cleanups.push(at);
  const engine = new FakeRuntime({ clock: systemClock, cpuMilli: 8_000, memoryMib: 16_384, behaviours });
  before(engine);
  const one = await startSimulatedHost({
    serverUrl: at.url, token: 'a-token-of-enough-length', name: 'h1', address: '10.9.0.11', declared: { cpuMilli: 8_000, memoryMib: 16_384 },
    deps: { runtime: engine, probe: engine.probe, usage: engine.usage, scrape: engine.scrape },
  });
  cleanups.push(one);
  return { at, one, engine };
}

const isWell = (report: Report): boolean => report.converged && report.replicas.length > 0 && report.replicas.every(({ state }) => state === 'running');
const OWNER = { clusterId: 'cluster-1', replicaId: 'r9', workload: 'old@production', identity: 'x' };

test('what hands did is named and put right: stopped, paused, renamed, other limits, off its network, removed', async () => {
  const { at, engine } = await site();
  at.assign(assignment(1, [spec(1)]));
  await at.until('h1', isWell);
  const hands: readonly [string, () => void][] = [
    ['stopped', () => engine.stopByHand('web-1')],
    ['paused', () => engine.tamper('web-1', (one) => (one.status = 'paused'))],
    ['renamed', () => engine.tamper('web-1', (one) => (one.name = 'mine'))],
    ['limits', () => engine.tamper('web-1', (one) => (one.limits = { ...one.limits!, memoryBytes: 1 }))],
    ['settings', () => engine.tamper('web-1', (one) => (one.restartsItself = true))],
    ['network', () => engine.tamper('web-1', (one) => {
      delete one.networkName;
      delete one.address;
    })],
    ['removed', () => engine.removeByHand('web-1')],
  ];
  for (const [kind, meddle] of hands) {
    meddle();
    const report = await at.until('h1', (one) => isWell(one) && one.drift?.some((each) => each.kind === kind && each.state === 'repaired') === true);
    expect(report.drift?.find((each) => each.kind === kind)).toMatchObject({ replicaId: 'r1', repairs: 1, found: expect.stringContaining('somebody') });
  }
  expect(engine.journal.filter((line) => line === 'create web-1')).toHaveLength(2);
});

test('a change that an assignment asks for is nobody else\'s, and neither is a service that ends', async () => {
  const { at, engine } = await site();
  at.assign(assignment(1, [spec(1)]));
  await at.until('h1', isWell);
  at.assign(assignment(2, [spec(1, { memoryMib: 256 })]));
  await at.until('h1', (report) => report.generation === 2 && report.replicas[0]?.memoryMib === 256);
  engine.crash('web-1', 137, true);
  const report = await at.until('h1', (one) => isWell(one) && one.replicas[0]?.restarts === 1);
  expect(report.drift).toEqual([]);
  expect(report.replicas[0]?.lastEnd).toMatchObject({ exitCode: 137, outOfMemory: true, inARow: 1 });
});

test('what comes back too often is left alone, said, and repaired again when somebody says so', async () => {
  const { at, engine } = await site();
  at.assign(assignment(1, [spec(1)]));
  for (let count = 1; count <= 5; count += 1) {
    await at.until('h1', isWell);
    engine.stopByHand('web-1');
    await at.until('h1', (report) => isWell(report) && report.drift?.[0]?.repairs === count && report.drift[0].state === 'repaired');
  }
  engine.stopByHand('web-1');
  const left = await at.until('h1', (report) => report.drift?.[0]?.state === 'given-up');
  expect(left.replicas[0]).toMatchObject({ state: 'exited', reason: expect.stringMatching(/stopped the container: that was put right 5 times within 10 minutes and is left as it is now/) });
  expect(left.converged).toBe(true);
  at.assign(assignment(2, [spec(1)], { upkeep: { repairAgain: [{ replicaId: 'r1', order: 'o1' }] } }));
  await at.until('h1', (report) => report.generation === 2 && isWell(report));
});

test('what nobody assigned is listed first and stays; a person may have it removed, or kept; strangers are never named', async () => {
  let ids: string[] = [];
  const { at, engine } = await site((one) => {
    ids = [one.addLabelled('old-1', OWNER, { address: '10.9.1.91' }), one.addLabelled('old-2', { ...OWNER, replicaId: 'r8' })];
    one.addLabelled('half', { ...OWNER, replicaId: 'r7' }, { status: 'created' });
    one.addLabelled('other', { ...OWNER, clusterId: 'cluster-2' });
    one.addNetwork('firn-old', 'cluster-1');
    one.addNetwork('theirs', 'cluster-2');
  });
  at.assign(assignment(1, [spec(1)]));
  const report = await at.until('h1', (one) => isWell({ ...one, replicas: one.replicas.filter(({ id }) => id === 'r1') }) && one.orphans?.some(({ kind }) => kind === 'network') === true);
  expect(report.orphans?.map(({ kind, name, isKept }) => [kind, name, isKept])).toEqual([['container', 'old-1', false], ['container', 'old-2', false], ['network', 'firn-old', false]]);
  expect(Date.parse(report.orphans![0]!.removeAt!) - Date.parse(report.orphans![0]!.since)).toBe(600_000);
  expect(report.replicas.find(({ id }) => id === 'r9')).toMatchObject({ state: 'stopping', address: '10.9.1.91', reason: expect.stringContaining('nobody assigned it') });
  expect(engine.journal).toEqual(expect.arrayContaining(['remove half']));
  expect(engine.journal).not.toContain('remove old-1');
  at.assign(assignment(2, [spec(1)], { upkeep: { keep: [{ kind: 'container', id: ids[0]! }], remove: [{ kind: 'container', id: ids[1]! }, { kind: 'network', id: report.orphans!.at(-1)!.id }] } }));
  const after = await at.until('h1', (one) => one.generation === 2 && one.orphans?.length === 1);
  expect(after.orphans?.[0]).toMatchObject({ name: 'old-1', isKept: true });
  expect(after.orphans?.[0]).not.toHaveProperty('removeAt');
  await at.untilTrue(() => engine.journal.includes('remove network firn-old') && engine.journal.includes('remove old-2'));
  expect(engine.journal.filter((line) => /other|theirs|old-1/.test(line))).toEqual([]);
});

test('an orphan that stands in the way of what is assigned goes at once; what an assignment left out is no orphan', async () => {
  const { at, engine } = await site((one) => void one.addLabelled('web-1', OWNER, { address: '10.9.1.1' }));
  at.assign(assignment(1, [spec(1), spec(2)]));
  await at.until('h1', isWell);
  at.assign(assignment(2, [spec(1)]));
  const report = await at.until('h1', (one) => one.generation === 2 && one.converged && one.replicas.length === 1);
  expect(report.orphans).toEqual([]);
  expect(engine.journal).toContain('remove web-2');
});

test('an engine that lies does harm only while it lies', async () => {
  const { at, engine } = await site();
  at.assign(assignment(1, [spec(1), spec(2)]));
  await at.until('h1', isWell);
  engine.lie({ hides: ['web-1'], hushes: true });
  engine.tamper('web-2', () => undefined);
  at.assign(assignment(2, [spec(1), spec(2)]));
  await at.until('h1', (report) => report.generation === 2 && report.replicas[0]?.state !== 'running');
  engine.lie({ saysRunning: ['web-2'] });
  engine.crash('web-2', 1);
  await at.until('h1', (report) => report.replicas[1]?.state === 'unhealthy' || report.replicas[1]?.restarts === 1);
  engine.lie({});
  engine.tamper('web-1', () => undefined);
  const report = await at.until('h1', isWell);
  expect(report.replicas.map(({ id }) => id)).toEqual(['r1', 'r2']);
});

test('a command decides whether a service is well, and says why not', async () => {
  let isReady = false;
  const behaviours = new Map<string, FakeBehaviour>([['firn/demo:1', { runs: ([word]) => (isReady ? { exitCode: 0, output: '' } : { exitCode: 3, output: `${word}: not yet\n` }) }]]);
  const { at } = await site(undefined, behaviours);
  at.assign(assignment(1, [spec(1, { health: { kind: 'command', command: ['/bin/check', '-q'], intervalMs: 500 } })]));
  const starting = await at.until('h1', (report) => report.replicas[0]?.reason?.includes('exit code 3') === true);
  expect(starting.replicas[0]).toMatchObject({ state: 'starting', reason: 'waits for the service: command /bin/check ended with exit code 3: /bin/check: not yet' });
  isReady = true;
  await at.until('h1', isWell);
});

test('pauses between restarts grow, and begin anew after a service was well for a while', () => {
  const clock = { ms: 0, elapsedMs: () => clock.ms };
  const restarts = new Restarts(clock);
  const pauses = [1, 2, 3, 20].map((end, index, ends) => {
    for (let count = ends[index - 1] ?? 0; count < end; count += 1) {
      restarts.started('c');
      restarts.ended('c');
    }
    return restarts.of('c').startAtMs! - clock.ms;
  });
  expect(pauses).toEqual([100, 200, 400, 60_000]);
  expect(restarts.isResting('c')).toBe(true);
  clock.ms += 60_000;
  expect([restarts.isResting('c'), restarts.nextMs]).toEqual([false, undefined]);
  restarts.started('c');
  restarts.ended('c', WELL_MS);
  expect(restarts.of('c')).toMatchObject({ restarts: 20, inARow: 1, startAtMs: clock.ms + 100 });
});

test('orphans go when their grace is over, folders never by themselves', async () => {
  const clock = new ManualClock();
  const board = new OrphanBoard(clock);
  board.follow({ orphanGraceSeconds: 60 });
  const look = (): void => {
    board.found('container', [{ kind: 'container', id: 'c1', name: 'old', reason: 'left' }]);
    board.found('directory', [{ kind: 'directory', id: '/p/10.9.1.9', name: '10.9.1.9', reason: 'left' }]);
  };
  look();
  await clock.pass(59_000);
  look();
  expect(board.fateOf('container', 'c1')).toBe('waits');
  await clock.pass(1_000);
  expect([board.fateOf('container', 'c1'), board.fateOf('directory', '/p/10.9.1.9')]).toEqual(['goes', 'waits']);
  board.found('container', []);
  expect(board.fateOf('container', 'c1')).toBeUndefined();
});

test('repairs that are far apart are no fight', async () => {
  const clock = new ManualClock();
  const board = new DriftBoard(clock, { wasStopped: () => true, wasRemoved: () => false });
  const wanted: Wanted = { spec: spec(1), identity: identityOf(spec(1), FLAT) };
  const step: Step = { kind: 'start', replicaId: 'r1', containerId: 'c1', reason: 'is stopped' };
  for (let count = 0; count < 12; count += 1) {
    expect(board.givenUp(step, board.kindOf(step, wanted))).toBeUndefined();
    board.begins(step, 'stopped')();
    await clock.pass(3 * 60_000);
  }
  for (let count = 0; count < 5; count += 1) board.begins(step, 'stopped')();
  expect(board.givenUp(step, 'stopped')).toMatch(/is left as it is now/);
});
