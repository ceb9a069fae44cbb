// What packing looks like without search: best-fit decreasing. The largest replicas first, each on the host in use where least room
// is left; where none has room, on a new host of the class that costs least for what it holds. For comparison only.
import type { SiteFile } from './generate-site.ts';

interface Open {
  cpuMilli: number;
  memoryMib: number;
  readonly cloud: boolean;
  readonly of: SiteFile['hosts'][number];
}

export function bestFitDecreasing({ hosts, workloads }: SiteFile): { cost: number; unplaced: number } {
  const usual = { cpuMilli: mean(hosts.map((host) => host.cpuMilli)), memoryMib: mean(hosts.map((host) => host.memoryMib)) };
  const share = (of: { cpuMilli: number; memoryMib: number }) => Math.max(of.cpuMilli / usual.cpuMilli, of.memoryMib / usual.memoryMib);
  const order = workloads.toSorted((one, other) => share(other) - share(one));
  const idle = hosts.toSorted((one, other) => one.costPerHour / share(one) - other.costPerHour / share(other));
  const open: Open[] = [];
  let [cost, unplaced] = [0, 0];
  for (const { cpuMilli, memoryMib, cloud, replicas } of order) {
    const takes = (host: { cpuMilli: number; memoryMib: number }, isCloud: boolean) => host.cpuMilli >= cpuMilli && host.memoryMib >= memoryMib && (!isCloud || cloud === 'allowed');
    for (let replica = 0; replica < replicas; replica += 1) {
      const fitting = open.filter((host) => takes(host, host.cloud));
      let best = fitting.reduce<Open | undefined>((least, host) => (least === undefined || share(host) < share(least) ? host : least), undefined);
      if (best === undefined) {
        const next = idle.findIndex((host) => takes(host, host.kind === 'cloud-vm'));
        const [host] = next < 0 ? [] : idle.splice(next, 1);
        if (host === undefined) {
          unplaced += 1;
          continue;
        }
        cost += host.costPerHour;
        best = { cpuMilli: host.cpuMilli, memoryMib: host.memoryMib, cloud: host.kind === 'cloud-vm', of: host };
        open.push(best);
      }
      best.cpuMilli -= cpuMilli;
      best.memoryMib -= memoryMib;
    }
  }
  return { cost, unplaced };
}

const mean = (figures: readonly number[]): number => figures.reduce((sum, figure) => sum + figure, 0) / Math.max(1, figures.length);
