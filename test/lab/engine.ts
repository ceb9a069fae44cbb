/**
 * One Docker Engine of the lab: its own containerd and dockerd with their own folders, inside a host's namespace.
 * They run apart and with live-restore, so that containers outlive a dead dockerd. The machine's own engine is never touched:
 * sockets, state, configuration and identity are all below the host's folder. What engines read from /etc/docker whatever they are told
 * is the host's own, too: both run among mounts of their own.
 */
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import Docker from 'dockerode';
import { unmountBelow } from './mounts.ts';
import { HostProcess, startProcess } from './processes.ts';
import { run } from './run.ts';
import type { HostTopology } from './topology.ts';

/** An engine answers after 0.3 s alone; a machine that is busy with other tests may need much longer. */
const START_DEADLINE_MS = 60_000;
const POLL_MS = 20;
const PRIVATE_RANGES = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'];

/** Puts a host's folder in the place of the machine's own, for this process and what it starts. */
const OWN_SETTINGS = 'mkdir -p /etc/docker && mount --bind "$0" /etc/docker && exec "$@"';

export class Engine {
  readonly socketPath: string;
  readonly #host: HostTopology;
  readonly #home: string;
  readonly #group: string;
  readonly #cgroupParent: string;
  readonly #liveRestore: boolean;
  readonly #plainRegistries: boolean;
  #containerd: HostProcess | undefined;
  #dockerd: HostProcess | undefined;

  /** `home` is the host's folder, `group` the folder of its control group, `cgroupParent` the group's name for containers; see lab.ts for `liveRestore`. */
  constructor(host: HostTopology, place: { home: string; group: string; cgroupParent: string; liveRestore: boolean; plainRegistries: boolean }) {
    this.#host = host;
    this.#home = place.home;
    this.#group = place.group;
    this.#cgroupParent = place.cgroupParent;
    this.#liveRestore = place.liveRestore;
    this.#plainRegistries = place.plainRegistries;
    this.socketPath = join(place.home, 'docker.sock');
  }

  get running(): boolean {
    return this.#dockerd?.running ?? false;
  }

  /** Starts what is not running and waits until the engine answers. Throws with the end of its log when it does not. */
  async start(): Promise<void> {
    const settings = settingsFolder(this.#home);
    await mkdir(settings, { recursive: true });
    if (!this.#containerd?.running) {
      await writeFile(join(this.#home, 'containerd.toml'), containerdConfig(this.#home));
      this.#containerd = await this.#spawn('containerd', ['unshare', '--mount', '--propagation', 'private', '--', 'sh', '-c', OWN_SETTINGS, settings, 'containerd', '--config', join(this.#home, 'containerd.toml')]);
      const socket = join(this.#home, 'containerd.sock');
      await this.#until(this.#containerd, async () => existsSync(socket));
    }
    if (this.#dockerd?.running) return;
    await rm(join(this.#home, 'dockerd.pid'), { force: true });
    // Before 24 the engine's identity is a key in /etc/docker unless told otherwise: all engines of the machine would share one.
    const identity = (await majorVersion()) < 24 ? { 'deprecated-key-path': join(this.#home, 'key.json') } : {};
    // The classic image store, also where a newer engine prefers containerd's: in the latter an image has another id.
    const plain = this.#plainRegistries ? { 'insecure-registries': PRIVATE_RANGES } : {};
    await writeFile(join(this.#home, 'daemon.json'), JSON.stringify({ ...identity, ...plain, features: { 'containerd-snapshotter': false } }));
    this.#dockerd = await this.#spawn('dockerd', ['nsenter', `--mount=/proc/${this.#containerd.pid}/ns/mnt`, '--', ...this.#dockerdCommand()]);
    const docker = new Docker({ socketPath: this.socketPath, timeout: 2_000 });
    await this.#until(this.#dockerd, async () => (await docker.ping().catch(() => undefined)) !== undefined);
  }

  /** Kills dockerd; containerd and the containers live on. */
  async kill(): Promise<void> {
    await this.#dockerd?.stop('SIGKILL');
  }

  /** After everything of the host was killed: forgets the processes and what a power cycle would have taken (mounts, /run). */
  async discardVolatile(): Promise<void> {
    await Promise.all([this.#dockerd?.ended, this.#containerd?.ended]);
    await discardVolatile(this.#home);
  }

  async #spawn(name: string, command: string[]): Promise<HostProcess> {
    return startProcess({ namespace: this.#host.namespace, group: this.#group }, command, { logFile: join(this.#home, `${name}.log`) });
  }

  async #until(started: HostProcess, ready: () => Promise<boolean>): Promise<void> {
    const end = Date.now() + START_DEADLINE_MS;
    while (!(await ready())) {
      if (!started.running || Date.now() > end) {
        const what = started.running ? `does not answer within ${START_DEADLINE_MS} ms` : 'ended at once';
        throw new Error(`${this.#host.name}: the engine ${what}; ${started.logFile} ends with\n${await started.tail()}`);
      }
      await delay(POLL_MS);
    }
  }

  #dockerdCommand(): string[] {
    const home = this.#home;
    return [
      'dockerd',
      '--config-file', join(home, 'daemon.json'),
      '--containerd', join(home, 'containerd.sock'),
      '--data-root', join(home, 'data'),
      '--exec-root', join(home, 'exec'),
      '--pidfile', join(home, 'dockerd.pid'),
      '--host', `unix://${this.socketPath}`,
      ...(this.#liveRestore ? ['--live-restore'] : []),
      '--bridge', 'none',
      '--iptables=false',
      '--ip6tables=false',
      `--ip-forward=${this.#host.mode === 'routed'}`,
      '--userland-proxy=false',
      // The systemd driver (the default with cgroup v2) would want a slice and would put containers outside our group.
      '--exec-opt', 'native.cgroupdriver=cgroupfs',
      '--cgroup-parent', this.#cgroupParent,
      '--label', `lab.host=${this.#host.name}`,
    ];
  }
}

/** What is /etc/docker to the engine of the host with that folder. */
export const settingsFolder = (home: string): string => join(home, 'etc-docker');

/**
 * Takes away what does not survive a power cycle: mounts, sockets, runtime state. Images and containers on disk stay.
 * Everything that uses them must be dead.
 */
export async function discardVolatile(home: string): Promise<void> {
  await removeShimSockets(home);
  await unmountBelow(home);
  const names = ['run', 'exec', 'docker.sock', 'containerd.sock', 'containerd.sock.ttrpc', 'dockerd.pid'];
  await Promise.all(names.map((name) => rm(join(home, name), { recursive: true, force: true })));
}

/** A shim that is killed leaves its socket in the machine-wide /run/containerd; the address is noted in containerd's state. */
async function removeShimSockets(home: string): Promise<void> {
  const tasks = join(home, 'run', 'io.containerd.runtime.v2.task', 'moby');
  for (const id of await readdir(tasks).catch(() => [])) {
    const address = await readFile(join(tasks, id, 'address'), 'utf8').catch(() => '');
    const path = address.trim().replace(/^unix:\/\//, '');
    if (path.startsWith('/run/containerd/s/')) await rm(path, { force: true });
  }
}

function containerdConfig(home: string): string {
  // Without the `opt` plugin, because it would make /opt/containerd on the machine; without CRI, because only Docker asks.
  return `version = 2
root = "${home}/containerd"
state = "${home}/run"
disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.internal.v1.opt"]
[grpc]
  address = "${home}/containerd.sock"
`;
}

let version: Promise<number> | undefined;

function majorVersion(): Promise<number> {
  version ??= run(['dockerd', '--version']).then((text) => Number(/version (\d+)/.exec(text)?.[1] ?? 0));
  return version;
}
