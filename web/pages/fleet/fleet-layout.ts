// Lays the fleet out as nested rectangles: sites, racks in them, hosts in those, each host as large as its capacity. Pure; takes hosts and
// a size in pixels; gives rectangles, and which host lies beside which for the arrow keys.
import { hierarchy, treemap, treemapSquarify } from 'd3-hierarchy';

export interface Placed<H> {
  readonly host: H;
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
}

export interface Place {
  readonly name: string;
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
}

export interface FleetLayout<H> {
  readonly hosts: readonly Placed<H>[];
  readonly sites: readonly Place[];
  readonly racks: readonly Place[];
}

interface Located {
  readonly name: string;
  readonly site: string;
  readonly rack: string;
  readonly capacity: { readonly cpuMilli: number };
}

interface Branch<H> {
  readonly name: string;
  readonly children?: readonly Branch<H>[];
  readonly host?: H;
}

/** Room for a name above a site and above a rack, where there is space for one. */
const SITE_HEAD = 18;
const RACK_HEAD = 14;
/** Above this many hosts the racks' names would be larger than the racks. */
const MOST_WITH_RACK_NAMES = 400;

export function layoutFleet<H extends Located>(hosts: readonly H[], width: number, height: number): FleetLayout<H> {
  const withRacks = hosts.length <= MOST_WITH_RACK_NAMES;
  const root = hierarchy<Branch<H>>({ name: '', children: tree(hosts) }, (branch) => branch.children as Branch<H>[] | undefined)
    .sum((branch) => branch.host?.capacity.cpuMilli ?? 0)
    .sort((one, other) => (other.value ?? 0) - (one.value ?? 0) || (one.data.name < other.data.name ? -1 : 1));
  const laid = treemap<Branch<H>>()
    .size([width, height])
    .tile(treemapSquarify.ratio(1))
    .round(true)
    .paddingInner(({ depth }) => (depth === 0 ? 8 : depth === 1 ? (withRacks ? 6 : 3) : hosts.length > 2000 ? 1 : 2))
    .paddingTop(({ depth }) => (depth === 1 ? SITE_HEAD : depth === 2 && withRacks ? RACK_HEAD : 0))(root);
  const place = ({ data, x0, y0, x1, y1 }: (typeof laid)): Place => ({ name: data.name, x0, y0, x1, y1 });
  const nodes = laid.descendants();
  return {
    hosts: laid.leaves().flatMap(({ data, x0, y0, x1, y1 }) => (data.host === undefined ? [] : [{ host: data.host, x0, y0, x1, y1 }])),
    sites: nodes.filter(({ depth }) => depth === 1).map(place),
    racks: withRacks ? nodes.filter(({ depth }) => depth === 2).map(place) : [],
  };
}

function tree<H extends Located>(hosts: readonly H[]): Branch<H>[] {
  return [...Map.groupBy(hosts, ({ site }) => site)].map(([site, inSite]) => ({
    name: site,
    children: [...Map.groupBy(inSite, ({ rack }) => rack)].map(([rack, inRack]) => ({ name: rack, children: inRack.map((host) => ({ name: host.name, host })) })),
  }));
}

/** The nearest host in a direction: nearer along it counts once, apart from it twice. @returns its position, or where it was */
export function neighbour(placed: readonly Placed<unknown>[], from: number, direction: 'left' | 'right' | 'up' | 'down'): number {
  const start = placed[from];
  if (start === undefined) return 0;
  const centre = ({ x0, y0, x1, y1 }: Placed<unknown>) => [(x0 + x1) / 2, (y0 + y1) / 2] as const;
  const [x, y] = centre(start);
  let best = from;
  let least = Number.POSITIVE_INFINITY;
  for (const [at, each] of placed.entries()) {
    const [otherX, otherY] = centre(each);
    const [along, apart] = direction === 'left' ? [x - otherX, y - otherY] : direction === 'right' ? [otherX - x, y - otherY] : direction === 'up' ? [y - otherY, x - otherX] : [otherY - y, x - otherX];
    if (along <= 0.5) continue;
    const distance = along + 2 * Math.abs(apart);
    if (distance < least) {
      least = distance;
      best = at;
    }
  }
  return best;
}

/** Which rectangle holds a point; -1: none. */
export function hostAt(placed: readonly Placed<unknown>[], x: number, y: number): number {
  return placed.findIndex(({ x0, y0, x1, y1 }) => x >= x0 && x < x1 && y >= y0 && y < y1);
}
