// Whether a name's clients may be sent to a site at all: by where its data flows, by the service's stage there, by what is kept from clients.
// Takes sites and a name; gives the standing of every site with the reason. What is not declared read-only never serves where data only arrives.
import { FULL_WEIGHT, type NameSpec, type Site, type SiteCode, type SiteStanding, type Stage } from './model.ts';
import { byText } from '../resources.ts';
import { said, type Said, saying, type Saying } from '../said.ts';

/** `one-way`: from some site data arrives that nothing written here goes back to. A site without links has all its data itself. */
export function dataOf(site: string, sites: readonly Site[]): 'both' | 'one-way' {
  const back = sites.find(({ name }) => name === site)?.links ?? [];
  const isOneWay = sites.some(({ name, links }) => name !== site && links.some(({ to, data }) => to === site && data === 'one-way') && !back.some(({ to }) => to === name));
  return isOneWay ? 'one-way' : 'both';
}

type Declared = Pick<NameSpec, 'layer' | 'isReadOnly' | 'stages'>;

export interface StageVerdict {
  readonly stage: Stage;
  readonly serves: boolean;
  readonly code: 'serves' | 'stage' | 'one-way-data';
  readonly why: string;
  readonly said: Saying;
}

/** The stage that holds, declared or by default, and whether clients may be sent there because of it. */
export function stageAt(site: string, { layer, isReadOnly, stages }: Declared, data: 'both' | 'one-way'): StageVerdict {
  const declared = Object.hasOwn(stages, site) ? stages[site] : undefined;
  const stage = declared ?? (data === 'both' ? 'active-active' : isReadOnly ? 'read-only' : 'none');
  const verdict = (code: StageVerdict['code'], why: Said): StageVerdict => ({ stage, serves: code === 'serves', code, ...whyOf(why) });
  if (data === 'one-way' && !isReadOnly) return verdict('one-way-data', said('one-way-writes', { site }, 'data only arrives at {site}, and the service is not declared read-only'));
  if (data === 'one-way' && stage === 'active-active') return verdict('one-way-data', said('one-way-active', { site }, 'data only arrives at {site}: it cannot be active-active'));
  if (stage === 'none') return verdict('stage', said('stage-none', { site }, 'no client is sent to {site} at stage none'));
  if (stage === 'proxy-back' && layer !== 'access') return verdict('stage', said('stage-proxy-back', { site }, 'at stage proxy-back only the access layer answers at {site}'));
  if (stage === 'read-only' && !isReadOnly) return verdict('stage', said('stage-read-only', { site }, 'it is not declared read-only, as stage read-only at {site} needs'));
  return verdict('serves', said('serves', { site, stage }, 'serves at {site} at stage {stage}'));
}

const whyOf = (why: Said): { readonly why: string; readonly said: Saying } => ({ why: why.sentence, said: saying(why) });

/** @returns the standing of every site that has replicas of it, a declared stage or a weight, by name */
export function standings(sites: readonly Site[], spec: NameSpec): SiteStanding[] {
  const named = new Set([...spec.targets.map(({ site }) => site), ...Object.keys(spec.stages), ...Object.keys(spec.weights), ...spec.order]);
  return [...named].sort(byText).map((site) => standingAt(site, sites, spec));
}

function standingAt(site: string, sites: readonly Site[], spec: NameSpec): SiteStanding {
  const targets = spec.targets.filter((target) => target.site === site);
  const healthy = targets.filter(({ isHealthy, isLeaving }) => isHealthy && !isLeaving);
  const leaving = targets.filter(({ isHealthy, isLeaving }) => isHealthy && isLeaving);
  const unhealthy = targets.filter(({ isHealthy }) => !isHealthy);
  const weight = weightOf(spec.weights, site);
  const verdict = stageAt(site, spec, dataOf(site, sites));
  const { stage } = verdict;
  const stand = (code: SiteCode, why: Said): SiteStanding => ({ site, stage, code, ...whyOf(why), weight, healthy, leaving, unhealthy });
  const asStage = { site, stage, code: verdict.code, why: verdict.why, said: verdict.said, weight, healthy, leaving, unhealthy };
  if (!verdict.serves) return asStage;
  const mark = sites.find(({ name }) => name === site)?.mark ?? null;
  if (mark === 'drained') return stand('draining', said('drained', { site }, '{site} is drained'));
  if (mark === 'failed') return stand('failed', said('site-failed', { site }, '{site} is failed'));
  if (spec.failedAt.includes(site)) return stand('failed', said('name-failed', { site, name: spec.name }, '{name} is failed at {site}'));
  if (weight === 0) return stand('weight-zero', said('weight-zero', { site }, 'its weight at {site} is 0'));
  if (targets.length === 0) return stand('no-replicas', said('no-replicas', { site }, 'no replica of it is at {site}'));
  if (healthy.length === 0 && leaving.length === 0) return stand('unhealthy', said('none-healthy', { site, replicas: targets.length }, 'none of its {replicas} replicas at {site} is healthy'));
  return asStage;
}

export const weightOf = (weights: Readonly<Record<string, number>>, site: string): number => (Object.hasOwn(weights, site) ? weights[site]! : FULL_WEIGHT);
