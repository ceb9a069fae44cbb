// Integer arithmetic on CPU and memory: what a host can give, what a replica takes from it.
// Takes shapes, hosts and the policy; gives shapes. Nothing here knows what is placed where.

import type { Host, Policy, Shape } from './model.ts';

/** What a host may give to replicas: capacity less the policy's share, less what the host keeps for itself; never below 0. */
export function usable(host: Host, policy: Policy): Shape {
  const share = (amount: number, reservePermille: number) => Math.floor((amount * (1000 - reservePermille)) / 1000);
  return {
    cpuMilli: Math.max(0, share(host.capacity.cpuMilli, policy.reservePermille.cpu) - host.reserved.cpuMilli),
    memoryMib: Math.max(0, share(host.capacity.memoryMib, policy.reservePermille.memory) - host.reserved.memoryMib),
  };
}

/**
 * What a replica of this shape takes from its host in this environment. CPU is divided by the overcommit and rounded up, so that
 * many small replicas never add up to less than they hold; memory is taken whole. An unknown environment has no overcommit.
 */
export function charge(shape: Shape, policy: Policy, environment: string | undefined): Shape {
  const rule = environment !== undefined && Object.hasOwn(policy.environments, environment) ? policy.environments[environment] : undefined;
  return { cpuMilli: Math.ceil((shape.cpuMilli * 1000) / (rule?.cpuOvercommitPermille ?? 1000)), memoryMib: shape.memoryMib };
}

/** True where `part` fits in `whole` in both dimensions. */
export function fits(part: Shape, whole: Shape): boolean {
  return part.cpuMilli <= whole.cpuMilli && part.memoryMib <= whole.memoryMib;
}

export function sameShape(one: Shape, other: Shape): boolean {
  return one.cpuMilli === other.cpuMilli && one.memoryMib === other.memoryMib;
}

/** The larger of the two shares that `part` takes of `whole`, 0..1 (above 1 where it does not fit; 1 where there is nothing). */
export function dominantShare(part: Shape, whole: Shape): number {
  const share = (amount: number, of: number) => (of > 0 ? amount / of : 1);
  return Math.max(share(part.cpuMilli, whole.cpuMilli), share(part.memoryMib, whole.memoryMib));
}

/** Order of two strings by code unit: the same on every machine, whatever its locale. */
export function byText(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
