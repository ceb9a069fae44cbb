/**
 * Who has a lab: one file per lab name in /run, because namespaces and addresses belong to the whole machine, not to a folder.
 * Tells a live owner (refuse) from a dead one (its leftovers can go), and finds routes of the machine that a lab would hide.
 */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import ipaddr from 'ipaddr.js';
import { run } from './run.ts';
import type { Topology } from './topology.ts';

const CLAIMS = '/run/firn-lab';

export interface Claim {
  readonly lab: string;
  /** The process that made the lab; ids are reused, so its start time (clock ticks since boot) belongs to the identity. */
  readonly pid: number;
  readonly startTicks: string;
  /** Folder with the hosts' files. */
  readonly directory: string;
  /** Folder that goes with the lab as a whole. */
  readonly scratch?: string;
  /** Networks that the lab has. */
  readonly ranges: readonly string[];
}

/** The claim on a lab name, or undefined. */
export async function readClaim(lab: string): Promise<Claim | undefined> {
  const text = await readFile(join(CLAIMS, `${lab}.json`), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as Claim);
}

/** Claims a lab name for this process. Throws when another process was faster. */
export async function writeClaim(topology: Topology, folders: Pick<Claim, 'directory' | 'scratch'>): Promise<void> {
  await mkdir(CLAIMS, { recursive: true });
  const ranges = Object.values(topology.ranges);
  const claim: Claim = { lab: topology.name, pid: process.pid, startTicks: (await startTicks(process.pid)) ?? '', ...folders, ranges };
  await writeFile(join(CLAIMS, `${claim.lab}.json`), JSON.stringify(claim), { flag: 'wx' });
}

export async function removeClaim(lab: string): Promise<void> {
  await rm(join(CLAIMS, `${lab}.json`), { force: true });
}

/** Whether the process that made the claim still lives. */
export async function isOwned(claim: Claim): Promise<boolean> {
  return (await startTicks(claim.pid)) === claim.startTicks;
}

/** Every claim on this machine, of live and of dead owners. */
export async function readClaims(): Promise<Claim[]> {
  const files = await readdir(CLAIMS).catch(() => []);
  const claims = await Promise.all(files.map((file) => readClaim(file.replace(/\.json$/, ''))));
  return claims.filter((claim) => claim !== undefined);
}

/** Networks of all labs that run on this machine. */
export async function labRanges(): Promise<string[]> {
  const live = await Promise.all((await readClaims()).map(async (claim) => ((await isOwned(claim)) ? claim.ranges : [])));
  return live.flat();
}

/** Start time of a process, or undefined when there is none that lives. */
async function startTicks(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  // The second field is the command in brackets and may hold anything: count fields from the last bracket on.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ') ?? [];
  // One that has ended and that nobody has asked for yet does nothing any more.
  return fields[0] === 'Z' ? undefined : fields[19];
}

interface Route {
  readonly dst: string;
  readonly dev?: string;
}

/** Routes of the machine that overlap the lab's ranges, as sentences; empty when the lab may start. */
export async function findCollisions(topology: Topology): Promise<string[]> {
  const routes = JSON.parse(await run(['ip', '-4', '-json', 'route', 'show', 'table', 'all'])) as Route[];
  const ranges = Object.values(topology.ranges);
  return routes.flatMap((route) => {
    const hit = ranges.find((range) => overlaps(range, route.dst));
    return hit === undefined ? [] : [`${hit} collides with this machine's route to ${route.dst}${route.dev ? ` on ${route.dev}` : ''}`];
  });
}

/** Whether two IPv4 networks share an address. Halves of everything (`0.0.0.0/1`, as VPNs set them) count as a default route. */
export function overlaps(range: string, destination: string): boolean {
  if (destination === 'default') return false;
  const [first, second] = [range, destination].map((text) => ipaddr.IPv4.parseCIDR(text.includes('/') ? text : `${text}/32`)) as [
    [ipaddr.IPv4, number],
    [ipaddr.IPv4, number],
  ];
  if (second[1] <= 1) return false;
  return first[0].match(second[0], Math.min(first[1], second[1]));
}
