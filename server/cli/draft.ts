// A draft from what a person said: a file, flags over it, and for a resize what the workload asked for last. Pure, but for
// the options of commander that it declares. What is missing or wrong is left for the server to say, field by field.
import { Option, type Command } from '@commander-js/extra-typings';
import type { Draft, DraftInput } from '../http/contract/index.ts';
import { collect, collectPairs, parseDurationMs, parseInteger, parseMemoryMib, parseMemoryPerQpsKib, parseNumber, parsePermille } from './amounts.ts';
import { usageError } from './exit.ts';

/** Everything optional, at every depth that a draft has. */
export type PartialDraft = { readonly [K in keyof DraftInput]?: K extends 'profile' | 'run' | 'caps' ? Partial<NonNullable<DraftInput[K]>> : DraftInput[K] };

/** Which flag says a field: refusals name both. */
export const FLAG_OF: Readonly<Record<string, string>> = {
  team: '--team',
  service: '--service',
  environment: '--environment',
  peakQps: '--qps',
  profile: '--cpu-per-request, --memory-base, --memory-per-qps',
  'profile.cpuMsPerRequest': '--cpu-per-request',
  'profile.memoryBaseMib': '--memory-base',
  'profile.memoryKibPerQps': '--memory-per-qps',
  'profile.maxQps': '--max-qps',
  headroomPermille: '--headroom',
  minReplicas: '--min-replicas',
  survive: '--survive',
  shape: '--shape',
  cloud: '--cloud',
  'caps.perHost': '--most-per-host',
  'caps.perRack': '--most-per-rack',
  'caps.perSite': '--most-per-site',
  labels: '--label',
  class: '--class',
  tolerations: '--tolerate',
  run: '--image',
  'run.image': '--image',
  'run.build': '--build',
  'run.command': '--command',
  'run.env': '--env',
  'run.port': '--port',
  'run.healthPath': '--health-path',
  'run.stopSeconds': '--stop-after',
  why: '--why',
};

/** The flags of a draft, for `request quote` and `request submit`. */
export const withDraftOptions = (command: Command) =>
  command
    .option('-f, --file <file>', 'a draft as YAML or JSON, - for standard input; flags win over it')
    .option('--team <team>', 'who asks')
    .option('--service <name>', 'what runs')
    .option('-e, --environment <name>', 'where: dev, staging, production …')
    .option('--qps <number>', 'requests a second at the peak', parseNumber)
    .option('--cpu-per-request <ms>', 'CPU milliseconds of one request', parseNumber)
    .option('--memory-base <amount>', 'memory of an idle container: 300Mi', parseMemoryMib)
    .option('--memory-per-qps <amount>', 'memory that each further QPS in a container needs: 512Ki, 0', parseMemoryPerQpsKib)
    .option('--max-qps <number>', 'most QPS that one container takes', parseNumber)
    .option('--headroom <share>', 'room above the peak: 25%', parsePermille)
    .option('--min-replicas <count>', 'never fewer than this', parseInteger)
    .addOption(new Option('--survive <loss>', 'whose loss must leave the peak served').choices(['none', 'host', 'rack', 'site'] as const))
    .option('--shape <name>', "size of a container; the policy's default when left out")
    .addOption(new Option('--cloud <use>', 'whether cloud hosts may be used').choices(['allowed', 'never'] as const))
    .option('--most-per-host <count>', 'most replicas on a host', parseInteger)
    .option('--most-per-rack <count>', 'most replicas in a rack', parseInteger)
    .option('--most-per-site <count>', 'most replicas at a site', parseInteger)
    .option('--class <name>', "a workload class of the policy, for its caps and spread")
    .option('--label <key=value>', 'a label that hosts must carry; repeat it', collectPairs)
    .option('--tolerate <key=value>', 'a taint that does not matter; repeat it', collect)
    .option('--image <image>', 'what runs')
    .option('--build <id>', 'what runs: a build, in place of an image')
    .option('--command <word>', 'a word of its command; repeat it', collect)
    .option('--env <key=value>', 'an environment variable; repeat it', collectPairs)
    .option('--port <port>', 'where it listens', parseInteger)
    .option('--health-path <path>', 'what answers 200 when it is well')
    .option('--stop-after <duration>', 'how long it may take to stop: 10s', parseDurationMs)
    .option('--why <reason>', 'for the person who approves');

/** What commander makes of those flags. */
export type DraftOptions = ReturnType<ReturnType<typeof withDraftOptions>['opts']>;

/** The flags that were given, as a draft. */
export function draftOfFlags(options: DraftOptions): PartialDraft {
  return given({
    team: options.team,
    service: options.service,
    environment: options.environment,
    peakQps: options.qps,
    profile: given({ cpuMsPerRequest: options.cpuPerRequest, memoryBaseMib: options.memoryBase, memoryKibPerQps: options.memoryPerQps, maxQps: options.maxQps }),
    headroomPermille: options.headroom,
    minReplicas: options.minReplicas,
    survive: options.survive,
    shape: options.shape,
    cloud: options.cloud,
    caps: given({ perHost: options.mostPerHost, perRack: options.mostPerRack, perSite: options.mostPerSite }),
    labels: options.label,
    class: options.class,
    tolerations: options.tolerate,
    run: given({
      image: options.image,
      build: options.build,
      command: options.command,
      env: options.env,
      port: options.port,
      healthPath: options.healthPath,
      stopSeconds: options.stopAfter === undefined ? undefined : Math.ceil(options.stopAfter / 1000),
    }),
    why: options.why,
  });
}

/** Without what is undefined; an object of nothing but that is undefined itself. */
function given<T extends object>(from: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(from).filter(([, value]) => value !== undefined && !(typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0));
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> };
}

/** `over` wins; profile, run and caps are merged field by field, lists and labels are replaced whole. */
export function mergeDrafts(under: PartialDraft, over: PartialDraft): PartialDraft {
  const merged: Record<string, unknown> = { ...under, ...over };
  for (const part of ['profile', 'run', 'caps'] as const) if (under[part] !== undefined && over[part] !== undefined) merged[part] = { ...under[part], ...over[part] };
  return merged;
}

/** A file's content as a draft. @throws CliError (usage) when it is no mapping */
export function draftOfDocument(document: unknown, file: string): PartialDraft {
  if (typeof document !== 'object' || document === null || Array.isArray(document)) throw usageError(`${file} must hold one draft: a mapping with team, service, environment, peakQps …`);
  return document;
}

/**
 * What a workload asked for last, to change one thing of it. What runs is left out, so that it stays as it is;
 * so is why it was asked.
 */
export function draftOfLast({ run: _run, why: _why, ...asked }: Draft): PartialDraft {
  return asked;
}
