// A change in words, as `firn simulate` takes it: `drain phy1 phy2`, `lose rack dc1/r01`, `add 3 like phy1`, `buy`, `grow quote.production 1.5x`,
// `remove quote.production`, `policy policy.yaml`. The shape is checked here, names by the server.
import type { ChangeInput, HostDetail, PolicyRecord } from '../http/contract/index.ts';
import { path, type Client } from './client.ts';
import { usageError } from './exit.ts';
import { readDocument, type Invocation } from './invocation.ts';

/** Every form, for help and refusals. */
export const CHANGE_FORMS = ['drain HOST...', 'lose host HOST | rack SITE/RACK | site SITE', 'add COUNT like HOST', 'buy [POOL...]', 'grow WORKLOAD TIMES', 'remove WORKLOAD', 'policy FILE'] as const;

/** `--then "lose rack dc1/r01"` -> its words. */
export const wordsOf = (text: string): string[] => text.trim().split(/\s+/).filter((word) => word !== '');

/** @throws CliError (usage) saying how changes are written */
export async function readChange(invocation: Invocation, client: Client, words: readonly string[]): Promise<ChangeInput> {
  const [verb, ...rest] = words;
  const [first] = rest;
  switch (verb) {
    case 'drain':
      if (rest.length > 0) return { kind: 'drain', hosts: [...rest] };
      break;
    case 'lose':
      if ((first === 'host' || first === 'rack' || first === 'site') && rest.length === 2) return { kind: 'lose', domain: first, name: rest[1]! };
      break;
    case 'add':
      if (rest.length === 3 && rest[1] === 'like' && /^\d+$/.test(first!)) return await hostsLike(client, Number(first), rest[2]!);
      break;
    case 'buy':
      return rest.length === 0 ? { kind: 'buy' } : { kind: 'buy', pools: [...rest] };
    case 'grow':
      if (rest.length === 2) return { kind: 'grow', workload: first!, permille: permilleOf(rest[1]!) };
      break;
    case 'remove':
      if (rest.length === 1) return { kind: 'remove', workload: first! };
      break;
    case 'policy':
      if (rest.length === 1) return { kind: 'policy', record: await readPolicy(invocation, first!) };
      break;
    default:
  }
  throw usageError(`"${words.join(' ')}" is no change.`, ['A change is one of:', ...CHANGE_FORMS.map((form) => `  ${form}`)]);
}

async function hostsLike(client: Client, count: number, name: string): Promise<ChangeInput> {
  const { kind, site, rack, capacity, costCentsPerHour, labels, taints } = await client.get<HostDetail>(path('hosts', name));
  return { kind: 'add', count, host: { kind, site, rack, capacity, costCentsPerHour, labels, taints } };
}

/** `1.5x`, `1.5`, `150%` -> 1500. */
function permilleOf(text: string): number {
  const match = /^(\d+(?:\.\d{1,3})?)(x|%)?$/.exec(text);
  if (match === null) throw usageError(`"${text}" does not say how much a workload grows: write 1.5x or 150%.`);
  return Math.round(Number(match[1]) * (match[2] === '%' ? 10 : 1000));
}

/** A policy from a file, also as `policy show -o yaml` wraps it. */
export async function readPolicy(invocation: Invocation, file: string): Promise<PolicyRecord> {
  const document = await readDocument(invocation, file);
  if (typeof document !== 'object' || document === null || Array.isArray(document)) throw usageError(`${file} must hold one policy: what \`firn policy show\` prints.`);
  return ('record' in document ? document.record : document) as PolicyRecord;
}
