// Everything that is measured as Prometheus text: workloads, replicas, hosts, the cluster. Pure. Names and units follow Prometheus' conventions: base units,
// `_total` for counters. Written directly, since a registry takes several times as long for the tens of thousands of series that a thousand replicas have;
// the server's own process is process-metrics.ts.

export type Labels = Readonly<Record<string, string>>;
export interface Point {
  readonly labels: Labels;
  /** Null and undefined: nothing is known, and no line is written. */
  readonly value: number | null | undefined;
}

/** One family of metrics; nothing where it has no value at all. */
export function family(name: string, type: 'gauge' | 'counter', help: string, points: Iterable<Point>): string {
  const lines: string[] = [];
  for (const { labels, value } of points) if (value !== null && value !== undefined && Number.isFinite(value)) lines.push(`${name}${labelText(labels)} ${value}`);
  return lines.length === 0 ? '' : `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('\n')}\n`;
}

function labelText(labels: Labels): string {
  const known = texts.get(labels);
  if (known !== undefined) return known;
  const words = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  const text = words.length === 0 ? '' : `{${words.join(',')}}`;
  texts.set(labels, text);
  return text;
}
/** The labels of a replica are written for each of its families. */
const texts = new WeakMap<Labels, string>();

const escaped = (value: string): string => (/[\\"\n]/.test(value) ? value.replace(/[\\"\n]/g, (letter) => (letter === '\n' ? '\\n' : `\\${letter}`)) : value);
