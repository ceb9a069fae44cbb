// Refusals as sentences in the reader's language. Takes a refusal as data and the words; gives one sentence, the server's own where the
// rule is not known here (a newer server).
import type { Unplaced } from '#server/http/contract/index.ts';
import type { Dictionary } from '../text/en/index.ts';
import type { Refusal } from '../api/can.ts';
import { cores, memory, type Language } from './units.ts';

export type Reason = Unplaced['eliminations'][number]['closest'];

export function reasonText(reason: Reason, text: Dictionary, language: Language): string {
  const { rule, resource, wanted, available, sentence } = reason;
  const words = text.reasons;
  switch (rule) {
    case 'host-state':
      return resource === 'hosts' ? words.noHosts : words.hostState(stateText(available, text), stateText(wanted, text));
    case 'cordon':
      return available === 'disk full' ? words.diskFull : available === 'draining' ? words.draining : words.cordon;
    case 'environment':
      return resource === 'policy' ? words.unknownEnvironment(wanted, available) : words.environment(wanted, available);
    case 'host-kind':
      return words.hostKind(available, wanted);
    case 'cloud':
      return words.cloud;
    case 'draining':
      return words.draining;
    case 'cloud-price':
      return words.cloudPrice;
    case 'cloud-spend':
      return words.cloudSpend;
    case 'labels':
      return words.labels(resource, wanted, available);
    case 'taint':
      return words.taint(resource);
    case 'cpu':
      return words.cpu(cores(Number(wanted), language), cores(Number(available), language));
    case 'memory':
      return words.memory(memory(Number(wanted), language), memory(Number(available), language));
    case 'cap-host':
    case 'cap-rack':
    case 'cap-site':
      return words.cap(wanted, text.states.domain[rule.slice(4) as 'host' | 'rack' | 'site'], available);
    case 'addresses':
      return resource === 'host-network' ? words.ownAddress : words.addresses(resource);
    default:
      return sentence;
  }
}

const stateText = (state: number | string, text: Dictionary): string => (text.states.host as Readonly<Record<string, string>>)[String(state)]?.toLowerCase() ?? String(state);

/** Why somebody may not do something; null where nothing stands in the way. */
export function refusalText(refusal: Refusal | null, text: Dictionary): string | null {
  if (refusal === null) return null;
  switch (refusal.code) {
    case 'role':
      return text.refusals.role(text.states.role[refusal.needs], refusal.team);
    case 'request-state':
      return text.refusals.requestState(text.states.request[refusal.state].toLowerCase());
    case 'host-cordoned':
      return text.refusals.hostCordoned;
    case 'host-open':
      return text.refusals.hostOpen;
    case 'host-draining':
      return text.refusals.hostDraining;
    case 'host-stays':
      return text.refusals.hostStays;
    case 'host-in-use':
      return text.refusals.hostInUse;
    case 'plan-state':
      return text.refusals.planState(text.states.plan[refusal.state].toLowerCase());
  }
}
