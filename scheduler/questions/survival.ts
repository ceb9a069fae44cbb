// Whether any one host, rack or site may die now and everything that it held fits again.
// Takes a base and the kinds of loss; gives for each kind how many domains were tried and which would leave something without room. Every
// domain is really tried (loss.ts). A run can be cut into pieces, so that a server can spread it over time.

import type { FailureDomain, Snapshot } from '../model.ts';
import { asBase, type Base } from '../prepare.ts';
import { domainOf } from '../eligible.ts';
import { byText } from '../resources.ts';
import { lossTrial, type Loss } from './loss.ts';
import type { Survival } from './model.ts';

/** A domain whose loss would leave something without room. */
export type Failure = Survival['failures'][number];

export interface SurvivalRun {
  /** Tries at most so many further domains; gives how many are left. */
  readonly proceed: (most: number) => number;
  /** What is known so far, one entry for each kind that was asked for. */
  readonly result: () => Survival[];
}

const MOST_FAILURES = 20;

/** @returns one entry for each kind of domain. Domains that hold nothing are not tried; hosts that are lost already hold nothing. */
export function survival(from: Snapshot | Base, domains: readonly FailureDomain[]): Survival[] {
  const run = survivalRun(from, domains);
  run.proceed(Number.POSITIVE_INFINITY);
  return run.result();
}

/** The same in pieces. Domains that hold most come first, since these are the likeliest to fail. */
export function survivalRun(from: Snapshot | Base, domains: readonly FailureDomain[]): SurvivalRun {
  const base = asBase(from);
  const trial = lossTrial(base);
  const queue = domains.flatMap((domain) => loaded(base, domain, trial.load));
  const found = domains.map((domain): { domain: FailureDomain; tried: number; failures: Failure[] } => ({ domain, tried: 0, failures: [] }));
  let next = 0;
  const proceed = (most: number): number => {
    for (const end = Math.min(queue.length, next + most); next < end; next += 1) {
      const { domain, hosts, label } = queue[next]!;
      const entry = found.find((each) => each.domain === domain)!;
      entry.tried += 1;
      const loss = trial.lose(hosts);
      if (loss.missing > 0) entry.failures.push(failure(label, loss));
    }
    return queue.length - next;
  };
  const result = () =>
    found.map(({ domain, tried, failures }): Survival => {
      const worst = failures.toSorted((one, other) => other.missing - one.missing || byText(one.label, other.label));
      return { domain, tried, survives: failures.length === 0, failures: worst.slice(0, MOST_FAILURES) };
    });
  return { proceed, result };
}

function failure(label: string, { missing, workloads }: Loss): Failure {
  return { label, missing, workloads };
}

interface Domain {
  readonly domain: FailureDomain;
  readonly label: string;
  readonly hosts: readonly number[];
}

/** Domains of this kind that hold something, fullest first. */
function loaded(base: Base, domain: FailureDomain, load: (host: number) => number): Domain[] {
  const found = new Map<number, { hosts: number[]; held: number }>();
  for (let host = 0; host < base.hosts.length; host += 1) {
    if (base.hosts[host]!.state === 'lost') continue;
    const key = domainOf(base, domain, host);
    const entry = found.get(key) ?? { hosts: [], held: 0 };
    found.set(key, entry);
    entry.hosts.push(host);
    entry.held += load(host);
  }
  const label = (host: number) => {
    const { name, site, rack } = base.hosts[host]!;
    return domain === 'host' ? name : domain === 'rack' ? `${site}/${rack}` : site;
  };
  return [...found.values()]
    .filter(({ held }) => held > 0)
    .sort((one, other) => other.held - one.held || one.hosts[0]! - other.hosts[0]!)
    .map(({ hosts }) => ({ domain, label: label(hosts[0]!), hosts }));
}
