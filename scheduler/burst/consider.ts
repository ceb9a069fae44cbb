// One look at everything that bursting decides on: who is wanted back, what to buy beside them, who may go, and how much room is warm.
// Takes the present, what is expected, offers, money and VMs; gives all answers on the same outlook, so that they never contradict each other.
import type { Snapshot } from '../model.ts';
import type { Solve } from '../pack/problem.ts';
import { prepare } from '../prepare.ts';
import type { Offer } from './model.ts';
import { type Expected, outlook } from './outlook.ts';
import { type Money, purchase, type Purchase } from './purchase.ts';
import { type Candidate, type Leaving, ranked, recall, retreat, withRecalled } from './retreat.ts';
import { type Said, said } from '../said.ts';
import { type EnvironmentRoom, roomOfSites, type SiteRoom, warmRoom } from './warm-room.ts';

export interface BurstQuestion {
  readonly expected: Expected;
  readonly offers: readonly Offer[];
  readonly money: Money;
  /** VMs that serve, and those that are emptied by Firn's own decision. */
  readonly serving: readonly Candidate[];
  readonly emptied: readonly Candidate[];
}

export interface BurstAnswer {
  readonly recall: readonly { readonly vmId: string; readonly reason: Said }[];
  readonly purchase: Purchase;
  readonly retreat: readonly Leaving[];
  readonly environments: readonly EnvironmentRoom[];
  readonly sites: readonly SiteRoom[];
}

/** @param solve absent: mixes are found without a solver */
export function consider(snapshot: Snapshot, { expected, offers, money, serving, emptied }: BurstQuestion, solve?: Solve): BurstAnswer {
  let count = 0;
  const deciding = { seed: snapshot.revision, newId: () => `ahead-${(count += 1)}`, solve };
  const ahead = outlook(snapshot, expected);
  const back = recall(ahead, emptied, deciding);
  const wanted = new Set(back.map(({ vmId }) => vmId));
  const opened = withRecalled(ahead, new Set(emptied.flatMap(({ vmId, hostId }) => (wanted.has(vmId) ? [hostId] : []))));
  const bought = purchase(opened, offers, money, deciding);
  return {
    recall: back,
    purchase: bought,
    retreat: bought.mix.length > 0 ? ranked(serving, said('room-short', {}, 'Room is short: nothing goes while VMs are bought')) : retreat(opened, serving, deciding),
    environments: warmRoom(snapshot, expected.warmRoom),
    sites: roomOfSites(prepare(snapshot)),
  };
}
