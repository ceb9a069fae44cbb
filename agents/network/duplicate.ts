// Whether something on a flat network has an address already, before a container gets it: the kernel is made to ask by ARP, and its table of
// neighbours tells who answered. Needs no tool beside iproute2 and no raw socket, and sends nothing but the ARP request.
import { setTimeout as delay } from 'node:timers/promises';
import { askNeighbour, forgetNeighbour, readNeighbour, readNeighbourLock, readNeighbours, setNeighbourLock, type Command } from './commands.ts';

/** Asks who has an address on a link. @returns the MAC that answered, in lower case; undefined when none did in time */
export type AskNeighbours = (run: (command: Command) => Promise<string>, link: string, address: string) => Promise<string | undefined>;

/** A neighbour in the same building answers within a millisecond, a sleepy one within some; a lost request is repeated once. */
const ROUNDS_MS: readonly number[] = [200, 200];
const POLL_MS = 40;

export const askNeighbours: AskNeighbours = async (run, link, address) => {
  for (const roundMs of ROUNDS_MS) {
    await run(forgetNeighbour(address, link));
    await run(askNeighbour(address, link));
    for (const endMs = performance.now() + roundMs; performance.now() < endMs; ) {
      await delay(POLL_MS);
      const mac = answerIn(await run(readNeighbour(address, link)));
      if (mac !== undefined) return mac;
    }
  }
  return undefined;
};

/** A container on this host answers first; whoever is beyond the uplink has answered by then. */
const LAST_ANSWER_MS = 150;

/**
 * Who answers last for the address of a container that runs here. The kernel keeps the first answer for a second, which is the container's own: for this
 * question alone the last one counts. What was learnt is forgotten, so that the host goes on talking to its container.
 */
export async function lastAnswer(run: (command: Command) => Promise<string>, link: string, address: string): Promise<string | undefined> {
  const lock = (await run(readNeighbourLock(link))).trim();
  try {
    await run(setNeighbourLock(link, '-1'));
    await run(forgetNeighbour(address, link));
    await run(askNeighbour(address, link));
    await delay(LAST_ANSWER_MS);
    return answerIn(await run(readNeighbour(address, link)));
  } finally {
    await run(setNeighbourLock(link, lock === '-1' ? USUAL_LOCK : lock));
    await run(forgetNeighbour(address, link));
  }
}

/** The kernel's own, for the case that an agent ended in the middle. */
const USUAL_LOCK = '100';

/** Who has which address as the kernel heard last: whoever talks to anybody by broadcast is heard. MACs by address. */
export async function heardNeighbours(run: (command: Command) => Promise<string>, link: string): Promise<ReadonlyMap<string, string>> {
  const known = JSON.parse((await run(readNeighbours(link))).trim() || '[]') as { dst?: string; lladdr?: string; state?: string[] }[];
  return new Map(known.flatMap((one): [string, string][] => (one.dst === undefined || !hasAnswered(one) ? [] : [[one.dst, one.lladdr!.toLowerCase()]])));
}

const hasAnswered = ({ lladdr, state = [] }: { readonly lladdr?: string; readonly state?: string[] }): boolean => lladdr !== undefined && !state.includes('FAILED') && !state.includes('INCOMPLETE');

/**
 * MACs of some that a bridge saw last on another port than a container's: a frame with it came from outside, so something there has it too.
 * From `bridge -json fdb show br BRIDGE`.
 */
export function seenOutside(text: string, macs: readonly string[]): string[] {
  const known = JSON.parse(text.trim() || '[]') as { mac?: string; ifname?: string; state?: string }[];
  // Docker calls the host's end of a container's cable `veth...`; a port's own addresses are permanent.
  const outside = new Set(known.filter(({ ifname = '', state }) => !ifname.startsWith('veth') && state !== 'permanent').map(({ mac }) => mac?.toLowerCase()));
  return macs.filter((mac) => outside.has(mac));
}

/** Who answered, from `ip -json neighbour show`. */
export function answerIn(text: string): string | undefined {
  const known = JSON.parse(text.trim() || '[]') as { lladdr?: string; state?: string[] }[];
  return known.find(hasAnswered)?.lladdr?.toLowerCase();
}
