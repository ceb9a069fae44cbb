// The behavior of a Kubernetes HorizontalPodAutoscaler v2 as people have it in their manifests -> the same in our words. Takes whatever came in, gives what
// the schema then judges: what is in our words already is left as it is. What is wrong in those other words is named in them.
import { z } from './common.ts';

const Words = z.looseObject({
  stabilizationWindowSeconds: z.int().min(0).max(3_600).optional(),
  selectPolicy: z.enum(['Max', 'Min', 'Disabled']).optional(),
  tolerance: z.number().min(0).max(0.5).optional(),
  policies: z.array(z.looseObject({ type: z.enum(['Pods', 'Percent']).optional() })).optional(),
});

/** One direction. `tolerance` is a share there. */
export function fromHpaWords(rule: unknown, context: z.core.$RefinementCtx): unknown {
  const read = Words.safeParse(rule);
  if (!read.success) {
    // What is no object at all is the schema's to refuse.
    for (const issue of read.error.issues) if (issue.path.length > 0) context.issues.push({ ...issue, input: rule } as z.core.$ZodRawIssue);
    return rule;
  }
  const { stabilizationWindowSeconds, selectPolicy, tolerance, policies, ...rest } = read.data;
  return {
    ...rest,
    ...(stabilizationWindowSeconds === undefined ? {} : { windowSeconds: stabilizationWindowSeconds }),
    ...(selectPolicy === undefined ? {} : { select: selectPolicy.toLowerCase() }),
    ...(tolerance === undefined ? {} : { tolerancePermille: Math.round(tolerance * 1000) }),
    ...(policies === undefined ? {} : { policies: policies.map(({ type, ...policy }) => (type === undefined ? policy : { ...policy, kind: type === 'Pods' ? 'count' : 'percent' })) }),
  };
}
