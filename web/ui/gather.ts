// Puts places on a line that lie too near to each other into groups. Pure.

/** `members`: indices of the places, in their order; `at`: the place of the first of them. */
export interface Group {
  readonly at: number;
  readonly members: readonly number[];
}

/** @param places in rising order; NaN ones are left out. @param least how far apart the groups are at least */
export function gather(places: readonly number[], least: number): Group[] {
  const groups: { at: number; members: number[]; first: number }[] = [];
  for (const [index, place] of places.entries()) {
    if (Number.isNaN(place)) continue;
    const last = groups.at(-1);
    if (last !== undefined && place - last.first < least) last.members.push(index);
    else groups.push({ at: place, first: place, members: [index] });
  }
  return groups.map(({ at, members }) => ({ at, members }));
}
