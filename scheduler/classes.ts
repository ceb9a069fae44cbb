// What a workload's class adds to its ask: caps that join its own, and how much spreading counts for it.
// Takes a workload and the policy; gives caps and a share. A class that the policy does not know adds nothing: refuse-ask.ts names it.

import type { Caps, ClassPolicy, Policy, Workload } from './model.ts';

/** The policy's rules for the workload's class; undefined where it has none, or one that the policy does not know. */
export function classOf({ ask }: Workload, { classes }: Policy): ClassPolicy | undefined {
  return ask.class !== undefined && Object.hasOwn(classes, ask.class) ? classes[ask.class] : undefined;
}

/** Caps of the ask joined with those of its class: the smaller one wins. What survival needs is not among them. */
export function capsOf(workload: Workload, policy: Policy): Caps {
  const ofClass = classOf(workload, policy)?.caps;
  return ofClass === undefined ? workload.ask.caps : joinedCaps(workload.ask.caps, ofClass);
}

/** The smaller cap of each domain; absent where neither has one. */
export function joinedCaps(one: Caps, other: Caps): Caps {
  const joined: { perHost?: number; perRack?: number; perSite?: number } = {};
  for (const name of ['perHost', 'perRack', 'perSite'] as const) {
    const cap = Math.min(one[name] ?? Number.POSITIVE_INFINITY, other[name] ?? Number.POSITIVE_INFINITY);
    if (cap < Number.POSITIVE_INFINITY) joined[name] = cap;
  }
  return joined;
}
