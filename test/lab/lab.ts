/**
 * The lab: several real Docker Engines on one Linux machine, each a host with its own network namespace.
 * Takes a name, an address base, numbers of hosts and a folder; gives hosts and the accidents that happen to them.
 * It leaves hosts raw (no bridge, no Docker network: the agent's work) and, after `down`, nothing at all on the machine.
 * Needs root, iproute2, docker.io. Never touches the machine's own engine.
 */
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { hostGroup, killGroup, makeSystemGroup } from './cgroups.ts';
import { findCollisions, isOwned, readClaim, writeClaim } from './claim.ts';
import { Engine } from './engine.ts';
import { loadImages, type LabImage } from './images.ts';
import { keepSeed, plantSeed } from './image-seed.ts';
import { startProcess, type HostProcess, type SpawnOptions } from './processes.ts';
import { MARKER, removeLab } from './remove.ts';
import { run, runAll } from './run.ts';
import {
  ensureHost,
  ensureSite,
  hostOf,
  removeCable,
  setCable,
  topologyOf,
  type Command,
  type HostKind,
  type HostTopology,
  type LabShape,
  type Topology,
} from './topology.ts';

export interface LabOptions extends LabShape {
  /** Images that every host has from the start; see images.ts. */
  readonly images?: readonly LabImage[];
  /** Folder for the hosts' files; made when absent, else it must be empty or a lab's own. Keep it short: socket paths may have 107 characters. */
  readonly directory: string;
  /** A folder of the test's own that goes with the lab, whoever removes it. Made when absent, else it must be empty or the lab's own; `directory` may be in it. */
  readonly scratch?: string;
  /** Whether containers outlive their engine, as unless told; Docker Swarm refuses engines that do this. */
  readonly liveRestore?: boolean;
  /** Whether the engines speak with registries without TLS; not unless told. */
  readonly plainRegistries?: boolean;
}

/** A host as tests and the demo see it: facts that do not change while the lab is up. */
export interface LabHost extends HostTopology {
  /** The engine's API socket. */
  readonly socketPath: string;
  /** Control group under which the engine puts containers. */
  readonly cgroupParent: string;
  /** Folder with the host's files and logs. */
  readonly home: string;
}

/** The control group of what runs on the operator's seat; no host has this name. */
const SEAT = 'seat';

interface Room {
  readonly host: LabHost;
  readonly group: string;
  readonly engine: Engine;
  power: 'on' | 'off';
}

export class Lab implements AsyncDisposable {
  readonly topology: Topology;
  readonly directory: string;
  readonly #scratch: string | undefined;
  readonly #images: readonly LabImage[];
  readonly #liveRestore: boolean;
  readonly #plainRegistries: boolean;
  readonly #rooms = new Map<string, Room>();
  #down: Promise<void> | undefined;

  private constructor(topology: Topology, directory: string, { images = [], liveRestore = true, plainRegistries = false, scratch }: LabOptions) {
    this.topology = topology;
    this.directory = directory;
    this.#scratch = scratch === undefined ? undefined : resolve(scratch);
    this.#images = images;
    this.#liveRestore = liveRestore;
    this.#plainRegistries = plainRegistries;
  }

  /**
   * Starts a lab and waits until every engine answers. Leftovers of a dead lab of the same name are removed first.
   * Throws, having changed nothing, when a live process has a lab of that name, when a range collides with a
   * route of the machine, or when the folder is somebody else's.
   */
  static async up(options: LabOptions): Promise<Lab> {
    const topology = topologyOf(options);
    const directory = resolve(options.directory);
    const claim = await readClaim(topology.name);
    if (claim && (await isOwned(claim))) {
      throw new Error(`lab "${topology.name}" is in use by process ${claim.pid}; stop that first or take another name`);
    }
    const scratch = options.scratch === undefined ? undefined : resolve(options.scratch);
    for (const folders of [claim ?? { directory }, { directory, ...(scratch === undefined ? {} : { scratch }) }]) await removeLab(topology.name, folders);
    const collisions = await findCollisions(topology);
    if (collisions.length > 0) throw new Error(`lab "${topology.name}" cannot start: ${collisions.join('; ')}. Choose another base than ${options.base}`);
    const folders = scratch === undefined ? [directory] : [scratch, directory];
    for (const folder of folders) await refuseForeign(folder);
    await writeClaim(topology, { directory, ...(scratch === undefined ? {} : { scratch }) });
    for (const folder of folders) {
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, MARKER), topology.name);
    }
    const lab = new Lab(topology, directory, options);
    try {
      await runAll(ensureSite(topology));
      const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);
      // Every host is waited for, also when one fails: `down` must not run beside something that still starts.
      const started = await Promise.allSettled([
        ...numbers(options.physical).map((number) => lab.addHost('physical', number)),
        ...numbers(options.cloud).map((number) => lab.addHost('cloud-vm', number)),
      ]);
      const failed = started.find((result) => result.status === 'rejected');
      if (failed) throw failed.reason;
      const first = lab.hosts[0];
      if (first) await keepSeed(join(first.home, 'data'), lab.#images);
      return lab;
    } catch (error) {
      await lab.down();
      throw error;
    }
  }

  get hosts(): readonly LabHost[] {
    return [...this.#rooms.values()].map((room) => room.host).sort((one, other) => one.name.localeCompare(other.name, 'en', { numeric: true }));
  }

  /** Facts of one host by name. Throws when there is none. */
  host(name: string): LabHost {
    return this.#room(name).host;
  }

  /** Puts one more host into the lab, the next free number of its kind unless told, and waits for its engine. */
  async addHost(kind: HostKind, number = this.#nextNumber(kind)): Promise<LabHost> {
    const bare = hostOf(this.topology, kind, number);
    if (this.#rooms.has(bare.name)) throw new Error(`${bare.name}: this lab has such a host already`);
    const home = join(this.directory, bare.name);
    const cgroupParent = hostGroup(this.topology.name, bare.name);
    const group = await makeSystemGroup(this.topology.name, bare.name);
    const engine = new Engine(bare, { home, group, cgroupParent, liveRestore: this.#liveRestore, plainRegistries: this.#plainRegistries });
    const room: Room = { host: { ...bare, socketPath: engine.socketPath, cgroupParent, home }, group, engine, power: 'on' };
    this.#rooms.set(bare.name, room);
    await mkdir(home, { recursive: true });
    await Promise.all([runAll(ensureHost(this.topology, bare)), plantSeed(join(home, 'data'), this.#images)]);
    await engine.start();
    await loadImages([engine.socketPath], this.#images);
    return room.host;
  }

  /** The host's Docker Engine dies; its containers and its agent live on. */
  async kill(name: string): Promise<void> {
    await this.#powered(name).engine.kill();
  }

  /** Starts a dead engine again; a host that is powered off is powered on, raw as after a boot, with its disk as it was. */
  async revive(name: string): Promise<void> {
    const room = this.#room(name);
    if (room.power === 'off') {
      await makeSystemGroup(this.topology.name, name);
      await runAll(ensureHost(this.topology, room.host));
      room.power = 'on';
    }
    await room.engine.start();
  }

  /** Power off: engine, containers, agent and network of the host are gone at once; only its disk stays. */
  async crash(name: string): Promise<void> {
    const room = this.#powered(name);
    room.power = 'off';
    // The cable goes first: a host without power must not say goodbye (a closing socket would) while its processes are killed.
    await run(setCable(this.topology, room.host, 'down'));
    await killGroup(room.host.cgroupParent);
    await room.engine.discardVolatile();
    await run(['ip', 'netns', 'del', room.host.namespace]);
    // A connection that was open when the cable went keeps the nameless namespace for minutes (the kernel goes on sending its end), and
    // with it the old cable, whose name the host needs when it is powered on.
    // Where no connection was open the cable has gone with the namespace.
    await run(removeCable(this.topology, room.host)).catch((error: unknown) => {
      if (!String(error).includes('Cannot find device')) throw error;
    });
  }

  /** The machine is given back: powered off and forgotten, with the route that the VPC had to its containers. Its number is not given again by this. */
  async removeHost(name: string): Promise<void> {
    const { host, power } = this.#room(name);
    if (power === 'on') await this.crash(name);
    if (host.mode === 'routed') await run(['ip', '-n', this.topology.dataCentre, 'route', 'flush', host.containers.cidr]);
    this.#rooms.delete(name);
  }

  /** Takes the host's network cable out; everything on the host runs on. */
  async cut(name: string): Promise<void> {
    await run(setCable(this.topology, this.#powered(name).host, 'down'));
  }

  /** Puts the host's network cable back. */
  async mend(name: string): Promise<void> {
    await run(setCable(this.topology, this.#powered(name).host, 'up'));
  }

  /** Starts a process on a host, such as its agent. It dies with the host (crash, down), not with the engine. */
  async spawnOn(name: string, command: Command, options: SpawnOptions): Promise<HostProcess> {
    const room = this.#powered(name);
    return startProcess({ namespace: room.host.namespace, group: room.group }, command, options);
  }

  /** Makes a process on the operator's seat the lab's own, with what it starts from now on: it is gone when the lab is, also after a run that was killed. */
  async adopt(pid: number): Promise<void> {
    await writeFile(join(await makeSystemGroup(this.topology.name, SEAT), 'cgroup.procs'), String(pid));
  }

  /** Stops and removes everything that the lab made. May be called twice; the second call waits for the first. */
  down(): Promise<void> {
    this.#down ??= removeLab(this.topology.name, { directory: this.directory, ...(this.#scratch === undefined ? {} : { scratch: this.#scratch }) });
    return this.#down;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.down();
  }

  #room(name: string): Room {
    const room = this.#rooms.get(name);
    if (!room) throw new Error(`${name}: no such host in the lab; there are ${[...this.#rooms.keys()].join(', ')}`);
    return room;
  }

  #powered(name: string): Room {
    const room = this.#room(name);
    if (room.power === 'off') throw new Error(`${name}: the host is powered off; revive it first`);
    return room;
  }

  #nextNumber(kind: HostKind): number {
    return 1 + [...this.#rooms.values()].filter((room) => room.host.kind === kind).length;
  }
}

/** A lab deletes its hosts' folders: it must not be given a folder in which somebody else's could have such names. */
async function refuseForeign(directory: string): Promise<void> {
  const entries = await readdir(directory).catch(() => []);
  if (entries.length > 0) throw new Error(`directory: ${directory} is not empty and not this lab's own; give an empty or a new folder`);
}
