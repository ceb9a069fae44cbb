// What goes wrong in a simulated site: how chance decides on it, what it does, and how it is mended. A fault is plain data, so that a run can be
// repeated without some of them.
import type { SimHost } from './host.ts';
import type { Chance } from './random.ts';
import type { World } from './world.ts';

export interface Fault {
  /** Within its episode. */
  readonly atMs: number;
  readonly lastsMs: number;
  readonly kind: FaultKind;
  /** Index of the host; the server's faults have none. */
  readonly host: number | null;
  /** How bad it is, in the unit of its kind. */
  readonly size: number;
}

interface Behaviour {
  /** Of a thousand faults, relative to the others. */
  readonly weight: number;
  readonly lastsMs: readonly [number, number];
  readonly size: readonly [number, number];
  readonly isServers?: boolean;
  readonly begin: (world: World, host: SimHost, size: number) => Promise<void> | void;
  readonly end: (world: World, host: SimHost) => Promise<void> | void;
}

const SOUND = { toServer: false, toHost: false, slowMs: 0 };
const nothing = (): void => undefined;

const BEHAVIOURS = {
  'agent-killed': { weight: 12, lastsMs: [300, 20_000], size: [0, 0], begin: (_, host) => host.crashAgent(), end: (_, host) => host.startAgent() },
  'power-off': { weight: 10, lastsMs: [3_000, 50_000], size: [0, 0], begin: (_, host) => host.powerOff(), end: (_, host) => host.powerOn() },
  'engine-down': { weight: 8, lastsMs: [2_000, 40_000], size: [0, 0], begin: (_, host) => whenPowered(host, () => host.engine.setDown(true)), end: (_, host) => whenPowered(host, () => host.engine.setDown(false)) },
  'engine-hangs': { weight: 8, lastsMs: [2_000, 45_000], size: [0, 0], begin: (_, host) => host.engine.hang(true), end: (_, host) => host.engine.hang(false) },
  'engine-slow': { weight: 6, lastsMs: [5_000, 40_000], size: [100, 4_000], begin: (_, host, size) => void (host.engine.faults.slowMs = size), end: (_, host) => void (host.engine.faults.slowMs = 0) },
  'engine-lists-late': { weight: 5, lastsMs: [5_000, 30_000], size: [500, 8_000], begin: (_, host, size) => void (host.engine.faults.staleMs = size), end: (_, host) => void (host.engine.faults.staleMs = 0) },
  'cable-cut': { weight: 10, lastsMs: [1_000, 40_000], size: [0, 0], begin: (_, host) => host.cable.set({ ...SOUND, toServer: true, toHost: true }), end: (_, host) => host.cable.set(SOUND) },
  'cable-cut-to-server': { weight: 6, lastsMs: [1_000, 30_000], size: [0, 0], begin: (_, host) => host.cable.set({ ...SOUND, toServer: true }), end: (_, host) => host.cable.set(SOUND) },
  'cable-cut-to-host': { weight: 6, lastsMs: [1_000, 30_000], size: [0, 0], begin: (_, host) => host.cable.set({ ...SOUND, toHost: true }), end: (_, host) => host.cable.set(SOUND) },
  'cable-slow': { weight: 5, lastsMs: [5_000, 40_000], size: [50, 2_500], begin: (_, host, size) => host.cable.set({ ...SOUND, slowMs: size }), end: (_, host) => host.cable.set(SOUND) },
  'connections-break': { weight: 6, lastsMs: [0, 0], size: [0, 0], begin: (_, host) => host.cable.breakAll(), end: nothing },
  'disk-full': { weight: 6, lastsMs: [5_000, 40_000], size: [0, 0], begin: (_, host) => void (host.disk.isFull = true), end: (_, host) => void (host.disk.isFull = false) },
  'clock-set': { weight: 4, lastsMs: [5_000, 40_000], size: [-36_000, 36_000], begin: (_, host, size) => void (host.skewMs = size * 1000), end: (_, host) => void (host.skewMs = 0) },
  'service-dies': { weight: 6, lastsMs: [0, 0], size: [0, 1_000], begin: (_, host, size) => byHand(host, size, (name) => host.engine.fake.crash(name, 1, size % 2 === 0)), end: nothing },
  'stopped-by-hand': { weight: 5, lastsMs: [0, 0], size: [0, 1_000], begin: (_, host, size) => byHand(host, size, (name) => host.engine.fake.stopByHand(name)), end: nothing },
  'removed-by-hand': { weight: 4, lastsMs: [0, 0], size: [0, 1_000], begin: (_, host, size) => byHand(host, size, (name) => host.engine.fake.removeByHand(name)), end: nothing },
  'engine-hides': { weight: 3, lastsMs: [2_000, 30_000], size: [0, 1_000], begin: (_, host, size) => byHand(host, size, (name) => host.engine.lie({ hides: [name] })), end: (_, host) => host.engine.lie({}) },
  'engine-says-running': { weight: 3, lastsMs: [2_000, 30_000], size: [0, 1_000], begin: (_, host, size) => byHand(host, size, (name) => liesAndDies(host, name)), end: (_, host) => host.engine.lie({}) },
  'renamed-by-hand': { weight: 3, lastsMs: [0, 0], size: [0, 1_000], begin: (_, host, size) => byHand(host, size, (name) => host.engine.fake.tamper(name, (container) => void (container.name = `${name}-old`))), end: nothing },
  'server-killed': { weight: 8, lastsMs: [100, 12_000], size: [0, 0], isServers: true, begin: (world) => world.server.crash(), end: (world) => world.startServer() },
  'server-killed-within': { weight: 14, lastsMs: [100, 8_000], size: [0, 600], isServers: true, begin: (world, _, size) => world.server.crashAfterStatements(size), end: (world) => world.startServer() },
  'neighbours-cut': { weight: 5, lastsMs: [2_000, 60_000], size: [0, 0], begin: (_, host) => void (host.isAlone = true), end: (_, host) => void (host.isAlone = false) },
  'network-cut': { weight: 3, lastsMs: [1_000, 25_000], size: [0, 0], isServers: true, begin: (world) => allCables(world, { ...SOUND, toServer: true, toHost: true }), end: (world) => allCables(world, SOUND) },
} as const satisfies Record<string, Behaviour>;
export type FaultKind = keyof typeof BEHAVIOURS;

const KINDS = Object.keys(BEHAVIOURS) as FaultKind[];
const behaviourOf = (kind: FaultKind): Behaviour => BEHAVIOURS[kind];

export function drawFault(chance: Chance, hosts: number, withinMs: number): Fault {
  let left = chance.fraction() * KINDS.reduce((sum, kind) => sum + behaviourOf(kind).weight, 0);
  const kind = KINDS.find((each) => (left -= behaviourOf(each).weight) < 0) ?? 'agent-killed';
  const { lastsMs, size, isServers } = behaviourOf(kind);
  const host = chance.whole(0, hosts - 1);
  return { atMs: chance.whole(0, withinMs), lastsMs: chance.whole(...lastsMs), kind, host: isServers === true ? null : host, size: chance.whole(...size) };
}

export async function beginFault(world: World, { kind, host, size }: Fault): Promise<void> {
  const at = world.hosts[host ?? 0]!;
  world.trace.say(host === null ? 'server' : at.name, `FAULT ${kind}`, size === 0 ? undefined : { size });
  await behaviourOf(kind).begin(world, at, size);
}

export async function endFault(world: World, { kind, host, lastsMs }: Fault): Promise<void> {
  const at = world.hosts[host ?? 0]!;
  if (lastsMs > 0) world.trace.say(host === null ? 'server' : at.name, `MENDED ${kind}`);
  await behaviourOf(kind).end(world, at);
}

/** Whatever is still wrong is mended. */
export async function mendAll(world: World): Promise<void> {
  for (const host of world.hosts) {
    if (!host.cable.isSound) host.cable.set(SOUND);
    Object.assign(host.engine.faults, { slowMs: 0, staleMs: 0 });
    host.engine.hang(false);
    host.engine.lie({});
    host.disk.isFull = false;
    host.skewMs = 0;
    host.isAlone = false;
    await host.powerOn();
    await host.engine.setDown(false);
    host.startAgent();
  }
  world.server.crashAfterStatements(Number.POSITIVE_INFINITY);
  await world.startServer();
}

async function whenPowered(host: SimHost, change: () => Promise<void>): Promise<void> {
  if (host.isPowered) await change();
}

/** Somebody does something to one of our containers with the docker command. */
async function byHand(host: SimHost, size: number, change: (name: string) => void): Promise<void> {
  if (!host.isPowered) return;
  const ours = (await host.engine.containers()).filter(({ owner, status }) => owner !== undefined && status === 'running');
  const container = ours[size % Math.max(1, ours.length)];
  if (container !== undefined) change(container.name);
}

/** A service ends, and its engine goes on saying that it runs. */
function liesAndDies(host: SimHost, name: string): void {
  host.engine.fake.crash(name, 1);
  host.engine.lie({ saysRunning: [name] });
}

function allCables(world: World, state: typeof SOUND): void {
  for (const host of world.hosts) host.cable.set(state);
}
