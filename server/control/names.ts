// How replicas are called: the container's name, its hostname, and what people see.

/** `service-environment-ordinal`. */
export function replicaName({ service, environment }: { readonly service: string; readonly environment: string }, ordinal: number): string {
  return `${service}-${environment}-${ordinal}`;
}

/** Longest that a hostname may be. */
export const LONGEST_NAME = 63;
