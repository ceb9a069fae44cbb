// Sites like those the product is made for, but each with sizes, host classes, prices and tightness of its own, so that a packer that is
// tuned to one list of sizes shows it. Takes a seed and a number of replicas; gives what `firn pack` reads. The same seed, the same site.
import { seeded } from '#scheduler/pack/random.ts';

export interface SiteFile {
  readonly hosts: readonly { readonly name: string; readonly kind: 'physical' | 'cloud-vm'; readonly site: string; readonly rack: string; readonly cpuMilli: number; readonly memoryMib: number; readonly costPerHour: number }[];
  readonly workloads: readonly { readonly name: string; readonly cpuMilli: number; readonly memoryMib: number; readonly replicas: number; readonly cloud: 'allowed' | 'never' }[];
}

/** Of every host, for the system: what is left is what can be packed. */
const USABLE = 0.9;

export function generateSite(seed: number, replicas: number): SiteFile {
  const random = seeded(seed * 7919 + 13);
  const pick = <T>(choices: readonly T[]): T => choices[Math.floor(random() * choices.length)] as T;
  const whole = (least: number, most: number) => least + Math.floor(random() * (most - least + 1));
  const workloads = workloadsOf(replicas, random, pick, whole);
  const tightness = 0.6 + 0.5 * random();
  const classes = whole(5, 15);
  const own = Math.max(2, Math.round(classes * 0.7));
  const wanted = (key: 'cpuMilli' | 'memoryMib') => workloads.reduce((sum, workload) => sum + workload[key] * workload.replicas, 0);
  const largest = (key: 'cpuMilli' | 'memoryMib') => Math.max(...workloads.map((workload) => workload[key]));
  const hosts = Array.from({ length: classes }, (_, index) => {
    const isCloud = index >= own;
    const cores = isCloud ? pick([4, 8, 16, 32]) : pick([8, 16, 24, 32, 40, 48, 64]);
    const gibPerCore = isCloud ? pick([2, 4, 8]) : pick([2, 4, 4, 4, 8]);
    // Every workload finds at least one class that is large enough.
    const cpuMilli = Math.max(Math.floor(cores * USABLE) * 1000 - (cores > 8 ? pick([0, 500]) : 0), index === 0 ? 2 * largest('cpuMilli') : 0);
    const memoryMib = Math.max(Math.floor(cores * gibPerCore * USABLE * tightness) * 1024, index === 0 ? 2 * largest('memoryMib') : 0);
    const costPerHour = Math.round((1 + cores * 0.2 * (0.9 + 0.2 * random()) + cores * gibPerCore * 0.01) * (isCloud ? 1.8 : 1) * 10) / 10;
    const count = isCloud ? Math.round(replicas / 4) : Math.ceil(((1.1 + 0.8 * random()) * Math.max(wanted('cpuMilli') / cpuMilli, wanted('memoryMib') / memoryMib)) / own);
    return Array.from({ length: count }, (_unused, host) => ({ name: `class-${index}-${host}`, kind: isCloud ? ('cloud-vm' as const) : ('physical' as const), site: 'dc-a', rack: `r${host % 10}`, cpuMilli, memoryMib, costPerHour }));
  });
  return { hosts: hosts.flat(), workloads };
}

function workloadsOf(replicas: number, random: () => number, pick: <T>(choices: readonly T[]) => T, whole: (least: number, most: number) => number): SiteFile['workloads'] {
  const count = whole(8, 30);
  const [cpuStep, memoryStep] = [pick([250, 500, 1000]), pick([512, 1024])];
  const sizes = new Map([['4000 8192', { cpuMilli: 4000, memoryMib: 8192, weight: count / 2 }]]);
  while (sizes.size < count) {
    const cpuMilli = cpuStep * Math.max(1, Math.round((2 ** (random() * 5.2) * 500) / cpuStep));
    const memoryMib = Math.max(memoryStep, Math.round(((cpuMilli / 1000) * pick([1.5, 2, 2, 2, 3, 4, 4, 8]) * 1024) / memoryStep) * memoryStep);
    if (cpuMilli <= 16_000 && memoryMib <= 65_536) sizes.set(`${cpuMilli} ${memoryMib}`, { cpuMilli, memoryMib, weight: 0.3 + random() });
  }
  const total = [...sizes.values()].reduce((sum, { weight }) => sum + weight, 0);
  const cloudShare = 0.2 + 0.4 * random();
  return [...sizes.values()].flatMap(({ cpuMilli, memoryMib, weight }, index) => {
    const all = Math.round((replicas * weight) / total);
    const allowed = Math.min(all, Math.round(all * cloudShare * (0.7 + 0.6 * random())));
    return [{ name: `w${index}-any`, cpuMilli, memoryMib, replicas: allowed, cloud: 'allowed' as const }, { name: `w${index}-own`, cpuMilli, memoryMib, replicas: all - allowed, cloud: 'never' as const }].filter((workload) => workload.replicas > 0);
  });
}
