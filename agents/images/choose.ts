// Which images may go, in which order. Pure. Takes what the engine has and what must stay; never names an image that anything needs.
import type { PresentImage } from '../docker/runtime.ts';
import { LABELS, type ImagePolicy } from '../protocol.ts';

export interface Needed {
  readonly policy: ImagePolicy;
  /** Ids of images that any container was made from, strangers' too. */
  readonly usedIds: ReadonlySet<string>;
  /** References that assigned replicas will be made from. */
  readonly assigned: ReadonlySet<string>;
}

/** Images that nothing needs, oldest first. Only those whose every name is of the policy's registry, and nameless ones of this product's own builds. */
export function removable(images: readonly PresentImage[], { policy, usedIds, assigned }: Needed): PresentImage[] {
  const { registry } = policy;
  if (registry === undefined) return [];
  const kept = new Set([...policy.keep, ...policy.prefetch, ...assigned]);
  const isOurs = ({ references, labels }: PresentImage): boolean =>
    references.length === 0 ? Object.keys(labels).some((label) => label.startsWith(OWN_LABELS)) : references.every((reference) => reference.startsWith(`${registry}/`));
  return images
    .filter((image) => isOurs(image) && !usedIds.has(image.id) && !kept.has(image.id) && !image.references.some((reference) => kept.has(reference)))
    .toSorted((one, other) => one.createdMs - other.createdMs || (one.id < other.id ? -1 : 1));
}

/** What all labels of the product begin with. */
const OWN_LABELS = LABELS.cluster.slice(0, LABELS.cluster.lastIndexOf('.') + 1);
