// An address that something else answers for starts nowhere, is told in the report until nothing answers any more, and a failing question
// keeps nobody from starting.
import { expect, test } from 'vitest';
import { AddressClaims } from './address-claims.ts';
import { assignment, FLAT, ROUTED, spec } from './fixtures.ts';
import { openLog } from './log.ts';
import { noHostNetworking } from './network/run.ts';

const OTHER = '52:54:00:aa:00:01';

function openClaims() {
  const world = { answers: undefined as string | undefined | Error, listens: false, news: 0, elapsedMs: 0, outside: [] as string[], heard: new Map<string, string>(), else: new Map<string, string>(), asked: [] as string[] };
  const claims = new AddressClaims({
    clock: { nowMs: () => Date.UTC(2026, 10, 23), elapsedMs: () => world.elapsedMs },
    log: openLog('silent', 'test'),
    networking: {
      ...noHostNetworking,
      whoAnswers: async () => {
        if (world.answers instanceof Error) throw world.answers;
        return world.answers;
      },
      seenOutside: async () => world.outside,
      heard: async () => world.heard,
      whoElse: async (_network, address) => {
        world.asked.push(address);
        return world.else.get(address);
      },
    },
    onChange: () => void (world.news += 1),
    listens: async () => world.listens,
  });
  return { claims, world };
}

test('who answers for the address is named, reported once as news, and forgotten when nobody answers', async () => {
  const { claims, world } = openClaims();
  await claims.claim(spec(7), FLAT);
  expect([claims.conflicts, world.news]).toEqual([[], 0]);
  world.answers = OTHER;
  for (const _ of [1, 2]) await expect(claims.claim(spec(7), FLAT)).rejects.toThrow(`address 10.9.1.7 answers on the network already, with MAC ${OTHER}`);
  expect(claims.conflicts).toEqual([{ address: '10.9.1.7', replicaId: 'r7', ownMac: '02:42:0a:09:01:07', otherMac: OTHER, running: false, at: '2026-11-23T00:00:00.000Z' }]);
  expect(world.news).toBe(1);
  world.answers = '02:42:0a:09:01:07';
  await expect(claims.claim(spec(7), FLAT)).rejects.toThrow(/its own MAC: this replica's earlier container may still run on a host that is cut off/);
  world.answers = undefined;
  await claims.claim(spec(7), FLAT);
  expect(claims.conflicts).toEqual([]);
});

test('a replica that has another address, or none, leaves no conflict behind', async () => {
  const { claims, world } = openClaims();
  world.answers = OTHER;
  await expect(claims.claim(spec(7), FLAT)).rejects.toThrow();
  await claims.watch(assignment(1, [spec(7)]), []);
  expect(claims.conflicts).toHaveLength(1);
  await claims.watch(assignment(2, [spec(7, { address: '10.9.1.8' })]), []);
  expect(claims.conflicts).toEqual([]);
});

test('a question that fails holds nothing up', async () => {
  const { claims, world } = openClaims();
  world.answers = new Error('ip: not found');
  await claims.claim(spec(7), FLAT);
  await claims.claim(spec(7), ROUTED);
});

test("with the host's network it is the port that must be free", async () => {
  const { claims, world } = openClaims();
  const network = { ...FLAT, mode: 'host' as const };
  await claims.claim(spec(7), network);
  world.listens = true;
  await expect(claims.claim(spec(7), network)).rejects.toThrow(/^port \d+ of this host \(10\.9\.1\.7\) is in use already by something else/);
});

test('a MAC of a container that runs here and is seen outside is told until it is seen no more, and looked for now and then only', async () => {
  const { claims, world } = openClaims();
  const running = [7, 8].map((number) => ({ status: 'running' as const, owner: { clusterId: 'cluster-1', replicaId: `r${number}`, workload: 'w', identity: '' } }));
  const watch = () => claims.watch(assignment(1, [spec(7), spec(8), spec(9)]), running);
  world.outside = [spec(7).mac, spec(9).mac];
  await watch();
  expect(claims.conflicts).toMatchObject([{ address: '10.9.1.7', ownMac: spec(7).mac, otherMac: spec(7).mac, running: true }]);
  world.outside = [];
  await watch();
  expect(claims.conflicts).toHaveLength(1);
  world.elapsedMs += 10_000;
  await watch();
  expect([claims.conflicts, world.news]).toEqual([[], 2]);
});

const runningAs = (...numbers: readonly number[]) => numbers.map((number) => ({ status: 'running' as const, owner: { clusterId: 'cluster-1', replicaId: `r${number}`, workload: 'w', identity: '' } }));

test('another device that takes the address of a container that runs is told when it is heard, and until it is quiet for five minutes', async () => {
  const { claims, world } = openClaims();
  const watch = async (ms: number) => {
    world.elapsedMs += ms;
    await claims.watch(assignment(1, [spec(7), spec(8)]), runningAs(7, 8));
    return claims.conflicts.map(({ address, otherMac, running }) => ({ address, otherMac, running }));
  };
  world.heard = new Map([['10.9.1.7', spec(7).mac], ['10.9.1.8', OTHER]]);
  expect(await watch(0)).toEqual([{ address: '10.9.1.8', otherMac: OTHER, running: true }]);
  world.heard = new Map();
  expect(await watch(290_000)).toHaveLength(1);
  expect(await watch(10_000)).toEqual([]);
  expect(world.news).toBe(2);
});

test('a device that is never heard answers when its address is asked for: one address at a time, and those in doubt again', async () => {
  const { claims, world } = openClaims();
  const all = [1, 2, 3, 4].map((number) => spec(number));
  const ask = async () => {
    world.asked = [];
    world.elapsedMs += 30_000;
    await claims.watch(assignment(1, all), runningAs(1, 2, 3, 4));
    return world.asked.map((address) => address.slice(-1)).join('');
  };
  world.else = new Map([['10.9.1.2', OTHER], ...all.slice(2).map(({ address, mac }): [string, string] => [address, mac])]);
  expect([await ask(), await ask(), await ask()]).toEqual(['1', '2', '32']);
  expect(claims.conflicts).toMatchObject([{ address: '10.9.1.2', ownMac: spec(2).mac, otherMac: OTHER, running: true }]);
  // The look in between, every ten seconds, asks nobody.
  world.asked = [];
  world.elapsedMs += 10_000;
  await claims.watch(assignment(1, all), runningAs(1, 2, 3, 4));
  expect(world.asked).toEqual([]);
});
