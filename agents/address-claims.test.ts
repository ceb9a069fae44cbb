// An address that something else answers for starts nowhere, is told in the report until nothing answers any more, and a failing question
// keeps nobody from starting.
import { expect, test } from 'vitest';
import { AddressClaims } from './address-claims.ts';
import { assignment, FLAT, ROUTED, spec } from './fixtures.ts';
import { openLog } from './log.ts';
import { noHostNetworking } from './network/run.ts';

const OTHER = '52:54:00:aa:00:01';

function openClaims() {
  const world = { answers: undefined as string | undefined | Error, listens: false, news: 0, elapsedMs: 0, outside: [] as string[] };
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
