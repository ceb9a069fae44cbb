// Which machine speaks for a host. Two machines with one identity are a stolen certificate or a copied disk; a machine that boots anew is neither,
// and the two look alike at first. So a newcomer waits one lease: if the known machine speaks again meanwhile, both are alive, and that is evidence.
// In memory; alarms that follow from it are in the database.

/** How a session shows which machine it is. */
export interface Presence {
  readonly bootId: string;
  readonly address: string;
  readonly hostname: string | null;
}

export type Judgement =
  | { readonly kind: 'same' }
  /** Come back after a while: until then it is not known whether the other machine still lives. */
  | { readonly kind: 'wait'; readonly known: Presence }
  | { readonly kind: 'double'; readonly evidence: 'both-alive' | 'came-back'; readonly known: Presence };

export interface Arrival {
  readonly hostId: string;
  readonly newcomer: Presence;
  /** Whether the known machine's session is open now. */
  readonly isConnected: boolean;
  /** When the host was heard last; null: never. */
  readonly heardAt: number | null;
  readonly leaseMs: number;
  readonly now: number;
}

export interface Doubles {
  /** Looks at a machine that says hello; does not take it in. */
  judge(arrival: Arrival): Judgement;
  /** From now on this machine is the host. */
  take(hostId: string, presence: Presence): void;
  known(hostId: string): Presence | undefined;
  /** Somebody said that the newcomer is the host: what was known of it does not count any more. */
  forget(hostId: string): void;
}

/** Boots of one host that are remembered: more than a machine in trouble makes in a day. */
const MOST_BOOTS = 32;

interface Known {
  presence: Presence;
  /** Boots that others replaced, newest last. */
  readonly earlier: string[];
  /** Newcomers that were told to wait, by boot and address, and when they were told first. */
  readonly waiting: Map<string, number>;
}

export function openDoubles(): Doubles {
  const hosts = new Map<string, Known>();
  return {
    judge({ hostId, newcomer, isConnected, heardAt, leaseMs, now }) {
      const known = hosts.get(hostId);
      // An agent that is started again is no news. A boot's id alone proves little: whoever has the host's files may tell any.
      if (known === undefined || (known.presence.bootId === newcomer.bootId && known.presence.address === newcomer.address)) return { kind: 'same' };
      const { presence } = known;
      const claim = `${newcomer.bootId} ${newcomer.address}`;
      // Boots never return: two machines take turns.
      if (known.earlier.includes(newcomer.bootId)) return { kind: 'double', evidence: 'came-back', known: presence };
      const silentMs = heardAt === null ? Infinity : now - heardAt;
      if (!isConnected || silentMs > leaseMs) return { kind: 'same' };
      const since = known.waiting.get(claim);
      if (since === undefined) {
        known.waiting.set(claim, now);
        return { kind: 'wait', known: presence };
      }
      return heardAt !== null && heardAt > since ? { kind: 'double', evidence: 'both-alive', known: presence } : { kind: 'wait', known: presence };
    },
    take(hostId, presence) {
      const known = hosts.get(hostId);
      if (known === undefined) return void hosts.set(hostId, { presence, earlier: [], waiting: new Map() });
      if (known.presence.bootId !== presence.bootId) known.earlier.push(known.presence.bootId);
      if (known.earlier.length > MOST_BOOTS) known.earlier.shift();
      known.waiting.clear();
      known.presence = presence;
    },
    known: (hostId) => hosts.get(hostId)?.presence,
    forget: (hostId) => void hosts.delete(hostId),
  };
}
