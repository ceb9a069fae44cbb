// Whether something on a flat network has an address already, before a container gets it: the kernel is made to ask by ARP, and its table of
// neighbours tells who answered. Needs no tool beside iproute2 and no raw socket, and sends nothing but the ARP request.
import { setTimeout as delay } from 'node:timers/promises';
import { askNeighbour, forgetNeighbour, readNeighbour, type Command } from './commands.ts';

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
  return known.find(({ lladdr, state = [] }) => lladdr !== undefined && !state.includes('FAILED') && !state.includes('INCOMPLETE'))?.lladdr?.toLowerCase();
}
