// Which versions of agents work with this server: its own and those one apart, so that either side can be upgraded first. Pure.

/** `1.4.2` -> [1, 4]; undefined for what is no version, such as a build of one's own. */
function parse(version: string): readonly [number, number] | undefined {
  const [, major, minor] = /^(\d{1,6})\.(\d{1,6})(\.|$|-)/.exec(version) ?? [];
  return major === undefined || minor === undefined ? undefined : [Number(major), Number(minor)];
}

/**
 * Versions are one apart when their second number is: 0.4 works with 0.3 and 0.5. Another first number never works; a version that cannot be
 * read is not judged, because the protocol refuses what it does not understand anyway.
 * @returns null when they work together, else why not
 */
export function whyApart(server: string, agent: string): string | null {
  const [own, other] = [parse(server), parse(agent)];
  if (own === undefined || other === undefined) return null;
  const isNear = own[0] === other[0] && Math.abs(own[1] - other[1]) <= 1;
  if (isNear) return null;
  const isOlder = other[0] < own[0] || (other[0] === own[0] && other[1] < own[1]);
  return `this agent has version ${agent} and this server ${server}: they work together at most one version apart (the second number); install the agent of version ${own[0]}.${own[1]}${isOlder ? '' : ', or upgrade the server'}`;
}

/** Newest first. */
export function byVersion(one: string, other: string): number {
  const [first, second] = [parse(one) ?? [-1, -1], parse(other) ?? [-1, -1]];
  return second[0] - first[0] || second[1] - first[1] || other.localeCompare(one, 'en', { numeric: true });
}
