// Seeded simulations of whole sites: seeds that once found a fault of the program, as many others as fit into half a minute, and proof that the
// checkers notice what they are there for.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Checks, Violation } from './checks.ts';
import { runSeed } from './episodes.ts';
import { makeTemplate, type Template } from './server.ts';
import { World } from './world.ts';

let template: Template;
beforeAll(async () => {
  template = await makeTemplate();
});
afterAll(() => template[Symbol.dispose]());

/** No new seed begins after so long. */
const MANY_MS = 30_000;
const MOST_SEEDS = 300;
const FEWEST_SEEDS = 8;

test('an assignment that found the disk full is stored once there is room', async () => {
  await using it = await site();
  const { world, checks } = it;
  for (const { disk } of world.hosts) disk.isFull = true;
  await world.must('POST', '/requests', ask('s2', 3));
  await world.pass(world.time.nowMs + 5_000);
  expect(await checks.unsettled()).toMatch(/runs 0 times/);
  for (const { disk } of world.hosts) disk.isFull = false;
  await world.pass(world.time.nowMs + 10_000);
  expect(await checks.unsettled()).toBeNull();
});

test('a server that is killed between any two statements of an ask starts again, and the fleet runs what was accepted', { timeout: 60_000 }, async () => {
  for (const statements of [2, 5, 9, 14, 20, 30, 45]) {
    await using it = await site();
    const { world, checks } = it;
    world.server.crashAfterStatements(statements);
    const answer = await world.time.finish(world.server.call('POST', '/requests', ask('s2', 3)), 'the ask');
    if (answer?.status === 201) checks.accepted.set(answer.body.id, 's2.production');
    await world.pass(world.time.nowMs + 2_000, () => checks.step());
    await world.startServer();
    await world.pass(world.time.nowMs + 20_000, () => checks.step());
    expect([statements, await checks.unsettled()]).toEqual([statements, null]);
    await checks.promises();
  }
});

test('a maintenance goes on after the server was killed in the middle of it', { timeout: 60_000 }, async () => {
  for (const statements of [0, 120]) {
    await using it = await site();
    const { world, checks } = it;
    const [host] = world.hosts.filter(({ engine }) => engine.fake.journal.some((entry) => entry.startsWith('start ')));
    const { body } = await world.must('POST', '/maintenance', { hosts: [host!.name], why: 'new disk', pace: { atOnce: 1 } });
    world.server.crashAfterStatements(statements);
    await world.pass(world.time.nowMs + 3_000, () => checks.step());
    expect(world.server.isUp).toBe(false);
    await world.startServer();
    await world.pass(world.time.nowMs + 60_000, () => checks.step());
    const { body: after } = await world.must('GET', `/maintenance/${body.id}`);
    const { body: shown } = await world.must('GET', `/hosts/${host!.name}`);
    expect([statements, after.state, shown.replicas, shown.maintenance]).toEqual([statements, 'drained', 0, { id: body.id, state: 'drained', since: after.startedAt, emptyAt: null, endsAt: null }]);
    expect(await checks.unsettled()).toBeNull();
    await world.must('POST', `/maintenance/${body.id}/end`, {});
    expect((await world.must('GET', `/hosts/${host!.name}`)).body.maintenance).toBeNull();
  }
});

test('many seeds: nothing is overcommitted, doubled, lost or called lost in vain, and all is well again afterwards', { timeout: 180_000 }, async () => {
  const begun = performance.now();
  const failed: string[] = [];
  for (let count = 0; count < FEWEST_SEEDS || (count < MOST_SEEDS && performance.now() - begun < MANY_MS); count += 1) {
    const seed = `many-${count + 1}`;
    const { violation } = await runSeed({ seed, template, episodes: 1 });
    if (violation !== null) failed.push(`npm run sim -- --seed ${seed} --episodes 1 --trace: ${violation.message}`);
  }
  expect(failed).toEqual([]);
});

test('a seed always tells the same story', { timeout: 60_000 }, async () => {
  const story = async (): Promise<string[]> => {
    const lines: string[] = [];
    const { events, looks } = await runSeed({ seed: '13', template, episodes: 1, write: (line) => void lines.push(line) });
    // Also what no line tells has to happen as often: a wait for anything real shows here first.
    return [...lines, `${events} events, ${looks} looks`];
  };
  const first = await story();
  expect(first.length).toBeGreaterThan(50);
  expect(await story()).toEqual(first);
});

const ask = (service: string, minReplicas: number) => ({ team: 'team', service, environment: 'production', peakQps: 1, profile: { cpuMsPerRequest: 20, memoryBaseMib: 64, memoryKibPerQps: 128 }, shape: 'quarter', minReplicas, run: { image: 'firn/demo:1' } });

/** A small site where six replicas run. */
async function site(): Promise<{ world: World; checks: Checks } & AsyncDisposable> {
  const world = new World({ seed: 'checkers', hosts: 3, template });
  const checks = new Checks(world);
  await world.setUp();
  await world.pass(world.time.nowMs + 3_000);
  await world.must('POST', '/requests', ask('s1', 6));
  await world.pass(world.time.nowMs + 5_000, () => checks.step());
  await world.addStrangers();
  return {
    world,
    checks,
    [Symbol.asyncDispose]: async () => {
      checks.close();
      world.end();
    },
  };
}

const ruleOf = (error: unknown): string => (error instanceof Violation ? error.rule : String(error));
const broken = async (check: () => Promise<unknown>): Promise<string> => check().then(() => 'held', ruleOf);

test('the checkers notice an address used twice, a host that runs too much, a stranger that is gone and a request that is lost', async () => {
  await using it = await site();
  const { world, checks } = it;
  expect(await checks.unsettled()).toBeNull();
  expect(await broken(() => checks.look())).toBe('held');
  const [first, second] = world.hosts.filter((host) => host.engine.fake.journal.some((entry) => entry.startsWith('start ')));
  const [container, other] = [(await first!.engine.containers())[0]!, (await second!.engine.containers())[0]!];
  const { address, limits } = container;
  first!.engine.fake.tamper(container.name, (own) => void (own.address = other.address!));
  expect(await broken(() => checks.look())).toBe('address-twice');
  first!.engine.fake.tamper(container.name, (own) => Object.assign(own, { address, limits: { ...limits!, memoryBytes: 2 ** 40 } }));
  expect(await broken(() => checks.look())).toBe('overcommit');
  first!.engine.fake.tamper(container.name, (own) => void (own.limits = limits!));
  expect(await broken(() => checks.promises())).toBe('held');
  checks.accepted.set('request-1', 's9.production');
  expect(await broken(() => checks.promises())).toBe('request-lost');
  checks.accepted.clear();
  first!.engine.fake.tamper(`stranger-of-${first!.name}`, (own) => void (own.status = 'exited'));
  expect(await broken(() => checks.promises())).toBe('stranger');
});

test('the checkers notice a generation that goes back, a workload that its own agents take below its peak, and what nobody wants', async () => {
  await using it = await site();
  const { world, checks } = it;
  const [host] = world.hosts.filter((each) => each.engine.fake.journal.some((entry) => entry.startsWith('start ')));
  const { fake } = host!.engine;
  const mine = (await fake.containers()).filter(({ owner }) => owner !== undefined);
  checks.forPeak.set('s1.production', 6);
  await checks.look();
  await fake.stop(mine[0]!.id, 1);
  expect(await broken(() => checks.step())).toBe('survival');
  host!.disk.assignment = { ...host!.disk.assignment!, generation: 0 };
  fake.journal.push('looked at by hand');
  expect(await broken(() => checks.step())).toBe('generation');
});
