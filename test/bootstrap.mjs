/**
 * What `npm start`, `npm test`, `npm run bench` and `npm run sim` begin with: makes a fresh machine ready, then hands over to the TypeScript entry.
 * Takes a verb and the entry's own arguments; gives the entry's exit code. Tells the entry through the environment:
 * FIRN_FLEET=simulated with FIRN_FLEET_REASON where real hosts are impossible, FIRN_CONSOLE=built|failed.
 * Plain JavaScript for the Node that is installed (20.17 or newer), nothing of ours and no package: it runs before there are any.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const LOGS = join(ROOT, '.firn', 'log');
const BIN = join(ROOT, 'node_modules', '.bin');
const ENTRIES = { start: 'test/lab/demo.ts', test: 'test/run.ts', bench: 'test/bench/main.ts', sim: 'test/sim/main.ts' };
/** Signals that come this close together are one: a terminal's Ctrl-C reaches this process directly and again through npm. */
const SAME_SIGNAL_MS = 1000;
const SIGNAL_NUMBERS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 };

/** Debian packages that real hosts need, and those that only the tests need, each with how to see that it is there. */
const LAB_PACKAGES = [
  { name: 'docker.io', there: () => find('dockerd') && find('containerd'), services: ['docker.service', 'docker.socket', 'containerd.service'] },
  { name: 'iproute2', there: () => find('ip') },
  { name: 'iptables', there: () => find('iptables') },
  // Build and ship: sources, the registry, and what the smallest image layer is made of.
  { name: 'git', there: () => find('git') },
  { name: 'docker-registry', there: () => find('docker-registry'), services: ['docker-registry.service'] },
  { name: 'busybox-static', there: () => find('busybox') },
  { name: 'tini', there: () => existsSync('/usr/bin/tini-static') },
];
const TEST_PACKAGES = [
  { name: 'chromium', there: () => find('chromium') || find('chromium-browser') || find('google-chrome') },
  { name: 'procps', there: () => find('ps') },
  { name: 'curl', there: () => find('curl') },
  // Clocks that jump, for one process at a time.
  { name: 'faketime', there: () => find('faketime') },
  // Without a CJK font the Chinese console shows boxes.
  { name: 'fonts-noto-cjk', there: hasCjkFont },
];

/** What is built, from which folders: the console for browsers, and the agent as the one file that a host runs. */
const BUILDS = [
  { name: 'console', config: 'web/vite.config.ts', output: 'dist/console', sources: ['web'] },
  { name: 'agent', config: 'agents/vite.config.ts', output: 'dist/agent', sources: ['agents'] },
];

const [verb, ...rest] = process.argv.slice(2);
const environment = { ...process.env, PATH: `${BIN}${delimiter}${process.env.PATH}` };
/** The processes that run now, each with its end: they hear the signals that this one gets. */
const children = new Map();
let interruptedBy;

if (!Object.hasOwn(ENTRIES, verb ?? '')) end(64, `usage: node test/bootstrap.mjs ${Object.keys(ENTRIES).join('|')} [arguments]`);
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 17)) end(64, `Node ${process.versions.node} is too old: Firn is installed with Node 20.17 or newer`);
mkdirSync(LOGS, { recursive: true });
listenForSignals();
// A simulation needs nothing but Node. Else the machine's programs come from the network while packages and builds use the cores.
await Promise.all(verb === 'sim' ? [ensurePackages()] : [ensurePackages().then(ensureBuilds), ensurePrograms()]);
process.exitCode = await handOver();

function listenForSignals() {
  let last = Number.NEGATIVE_INFINITY;
  for (const signal of Object.keys(SIGNAL_NUMBERS)) {
    process.on(signal, () => {
      if (performance.now() - last < SAME_SIGNAL_MS) return;
      last = performance.now();
      interruptedBy = signal;
      // A closed terminal is a wish to end.
      for (const child of children.keys()) child.kill(signal === 'SIGHUP' ? 'SIGTERM' : signal);
    });
  }
}

/** Installs exactly what the lock file says, unless node_modules is that already. */
async function ensurePackages() {
  const difference = installedDifference();
  if (difference === undefined) return;
  if (await step(`packages: installing exactly what the lock file says (${difference})`, 'npm-ci', 'npm', ['ci', '--no-audit', '--no-fund'])) return;
  await endAfterAll(1, verb === 'test' ? '0 passed, 1 failed' : 'Firn cannot run without its packages');
}

/**
 * Why node_modules is not what the lock file says; undefined when it is. npm notes what it has put there at the end of every
 * installation, so an interrupted one shows as well. Optional packages for other platforms are in the lock file but not on the disk,
 * and so are their dependencies, which carry no platform of their own.
 */
function installedDifference() {
  const wanted = packagesOf('package-lock.json');
  const present = packagesOf('node_modules/.package-lock.json');
  if (!wanted) end(1, 'package-lock.json cannot be read: is this a whole checkout?');
  if (!present) return 'nothing is installed';
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === '') continue;
    const found = present[path];
    const mayBeAbsent = entry.optional && (!(entry.os || entry.cpu) || !isForThisPlatform(entry));
    if (!found && mayBeAbsent) continue;
    if (found?.version !== entry.version || found?.integrity !== entry.integrity) return `${path.replace(/^.*node_modules\//, '')} differs`;
  }
  const surplus = Object.keys(present).find((path) => !Object.hasOwn(wanted, path));
  return surplus && `${surplus.replace(/^.*node_modules\//, '')} is not in it`;
}

function packagesOf(file) {
  try {
    return JSON.parse(readFileSync(join(ROOT, file), 'utf8')).packages;
  } catch {
    return undefined;
  }
}

function isForThisPlatform(entry) {
  const matches = (wanted, value) => {
    const list = [wanted ?? []].flat();
    return list.length === 0 || (list.some((item) => !item.startsWith('!')) ? list.includes(value) : !list.includes(`!${value}`));
  };
  const libc = existsSync('/etc/alpine-release') ? 'musl' : 'glibc';
  return matches(entry.os, process.platform) && matches(entry.cpu, process.arch) && (process.platform !== 'linux' || matches(entry.libc, libc));
}

/** Installs missing programs of the machine where that is allowed and possible; else says what will be done without, and why. */
async function ensurePrograms() {
  const missing = (verb === 'test' ? [...LAB_PACKAGES, ...TEST_PACKAGES] : LAB_PACKAGES).filter((entry) => !entry.there());
  const why = whyNotInstall() ?? (missing.length > 0 ? await install(missing) : undefined);
  if (why === undefined) return;
  if (verb !== 'start') {
    if (missing.length > 0) say(`programs: doing without ${missing.map(({ name }) => name).join(', ')}, because ${why}`);
  } else if (environment.FIRN_FLEET === undefined) {
    environment.FIRN_FLEET = 'simulated';
    environment.FIRN_FLEET_REASON = why;
    say(`fleet: simulated, because ${why}`);
  }
}

function whyNotInstall() {
  if (process.platform !== 'linux') return `real hosts need Linux and this is ${process.platform}`;
  if (process.getuid() !== 0) return 'real hosts need root';
  if (process.env.FIRN_NO_INSTALL === '1') return 'FIRN_NO_INSTALL=1 says to leave this machine as it is';
  return undefined;
}

/** Installs Debian packages; gives why it could not. */
async function install(packages) {
  const names = packages.map(({ name }) => name);
  if (!find('apt-get')) return `${names.join(', ')} cannot be installed without apt-get`;
  say(`programs: ${names.join(', ')} not found; installing with apt`);
  // Their programs are for the lab's own engines and registry here, so machine-wide services stay as they were: not running.
  const services = packages.flatMap((entry) => entry.services ?? []);
  const restore = services.length > 0 ? forbidServiceStarts() : () => undefined;
  try {
    const options = ['install', '-y', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=120'];
    const done = (await step('programs: apt-get update', 'apt-update', 'apt-get', ['update'])) && (await step('programs: apt-get install', 'apt-install', 'apt-get', [...options, ...names]));
    if (!done) return `apt could not install ${names.join(', ')}`;
  } finally {
    restore();
  }
  if (services.length > 0 && find('systemctl')) {
    // Debian also enables them for the next boot.
    await step(`programs: leaving the machine's own services off (systemctl enable --now turns one on): ${services.join(', ')}`, 'systemctl', 'systemctl', ['disable', ...services]);
  }
  return undefined;
}

/** Debian asks this file before a package starts its service; 101 forbids it. Gives how to take that back. */
function forbidServiceStarts() {
  const policy = '/usr/sbin/policy-rc.d';
  if (existsSync(policy)) return () => undefined;
  writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  const restore = () => rmSync(policy, { force: true });
  // Also when this process is told to stop meanwhile: left behind, the file would keep every service of the machine from starting.
  process.once('exit', restore);
  return restore;
}

/** Builds what has changed since it was built last. A stale build would be run unnoticed, so one that fails is removed. */
async function ensureBuilds() {
  for (const build of BUILDS) {
    const stamp = join(ROOT, '.firn', `${build.name}-build`);
    const sources = fingerprint(build.sources);
    const upToDate = existsSync(join(ROOT, build.output)) && existsSync(stamp) && readFileSync(stamp, 'utf8') === sources;
    const vite = join(ROOT, 'node_modules', 'vite', 'bin', 'vite.js');
    const built = upToDate || (await step(`${build.name}: building`, `${build.name}-build`, nodeProgram(), [vite, 'build', '--config', build.config]));
    if (built) writeFileSync(stamp, sources);
    else if (verb === 'start') await endAfterAll(1, `Firn does not start without its ${build.name}`);
    else rmSync(join(ROOT, build.output), { recursive: true, force: true });
    if (build.name === 'console') environment.FIRN_CONSOLE = built ? 'built' : 'failed';
  }
}

/** Hash of everything that a build is made from. */
function fingerprint(folders) {
  const hash = createHash('sha256').update(readFileSync(join(ROOT, 'package-lock.json')));
  const files = folders
    .flatMap((folder) => readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && !/\.test\.tsx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
  for (const file of files) hash.update(`\0${file.slice(ROOT.length)}\0`).update(readFileSync(file));
  return hash.digest('hex');
}

/** Runs the entry. In a session of its own, so that it hears a Ctrl-C once: from here, and not from the terminal as well. */
async function handOver() {
  const { code, signal } = await run(nodeProgram(), [ENTRIES[verb], ...rest], { stdio: ['ignore', 'inherit', 'inherit'], detached: true });
  return code ?? 128 + (SIGNAL_NUMBERS[signal] ?? 9);
}

/** The pinned Node; where there is none for this platform, the Node that runs this, if it can run TypeScript. */
function nodeProgram() {
  const pinned = join(BIN, 'node');
  if (existsSync(pinned)) return pinned;
  if (major >= 24) return process.execPath;
  return end(64, `there is no pinned Node for ${process.platform} ${process.arch}: use Node 24 or newer instead of ${process.versions.node}`);
}

/** One step with one line: what, and how long it took. Its output goes to a log; of a failure the end is shown. Gives whether it worked. */
async function step(label, logName, command, parameters) {
  const log = join(LOGS, `${logName}.log`);
  const start = performance.now();
  const [name] = label.split(':');
  say(`${label} ...`);
  const file = openSync(log, 'w');
  const { code, error } = await run(command, parameters, { stdio: ['ignore', file, file], env: { ...environment, DEBIAN_FRONTEND: 'noninteractive' } });
  closeSync(file);
  const took = `${((performance.now() - start) / 1000).toFixed(1)} s`;
  if (interruptedBy) await endAfterAll(128 + SIGNAL_NUMBERS[interruptedBy], `stopped by ${interruptedBy}`);
  say(code === 0 ? `${name}: ${took}` : `${name}: failed after ${took}; ${log.slice(ROOT.length)} ends with`);
  if (code !== 0) say(error?.message ?? readFileSync(log, 'utf8').trimEnd().split('\n').slice(-15).join('\n'));
  return code === 0;
}

function run(command, parameters, options) {
  const child = spawn(command, parameters, { cwd: ROOT, env: environment, ...options });
  const ended = new Promise((resolve) => {
    child.once('error', (error) => resolve({ code: 127, error }));
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
  children.set(child, ended);
  void ended.then(() => children.delete(child));
  return ended;
}

/** Ends once whatever else runs has: an installation that is left half done is in the way of the next. */
async function endAfterAll(code, line) {
  await Promise.all(children.values());
  end(code, line);
}

/** Where a program is, also in the folders that are only on root's path. */
function find(program) {
  return [...(process.env.PATH ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin', '/bin'].map((folder) => join(folder, program)).find((file) => existsSync(file));
}

function hasCjkFont() {
  const folders = ['/usr/share/fonts', '/usr/local/share/fonts'].filter((folder) => existsSync(folder));
  return folders.some((folder) => readdirSync(folder, { recursive: true }).some((file) => /cjk|wqy|droidsansfallback/i.test(file)));
}

function say(line) {
  process.stdout.write(`${line}\n`);
}

function end(code, line) {
  say(line);
  process.exit(code);
}
