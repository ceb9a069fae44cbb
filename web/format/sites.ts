// Sites and traffic as a page draws them: where each site lies in the picture, shares of weights, looks of states. Takes the API's data;
// gives plain data. Pure.
import type { AnswerView, NameView, ShiftView, SiteView } from '#server/http/contract/index.ts';
import type { Dictionary } from '../text/en/index.ts';
import type { Tone } from '../ui/State.tsx';
import { toldText } from './said.ts';
import type { Language } from './units.ts';

const SITE: Readonly<Record<SiteView['state'], Tone>> = { serving: 'ok', draining: 'busy', drained: 'off', failed: 'bad' };
const NAME: Readonly<Record<NameView['state'], Tone>> = { healthy: 'ok', degraded: 'wait', down: 'bad', 'no-replicas': 'off' };
const SHIFT: Readonly<Record<ShiftView['state'], Tone>> = { draft: 'wait', approved: 'busy', applying: 'busy', paused: 'wait', done: 'ok', undoing: 'busy', undone: 'off', rejected: 'bad', withdrawn: 'off' };

export const siteTone = (state: SiteView['state']): Tone => SITE[state];
export const nameTone = (state: NameView['state']): Tone => NAME[state];
export const shiftTone = (state: ShiftView['state']): Tone => SHIFT[state];

/** Sites of a name in the order of their share, with it in thousandths of all weight that is in force. Nobody has a share where there is none. */
export function sharesOf(sites: NameView['sites']): { readonly site: string; readonly permille: number }[] {
  const all = sites.reduce((sum, { weight, serves }) => sum + (serves ? weight : 0), 0);
  return sites.map(({ site, weight, serves }) => ({ site, permille: all === 0 || !serves ? 0 : Math.round((weight * 1000) / all) }));
}

/** Why a client is told what it is told, from the codes and what was looked at, where the reader does not read the server's English. */
export function answerText({ code, site, nearest, tried }: Pick<AnswerView, 'code' | 'site' | 'nearest' | 'tried'>, { names, said }: Dictionary['sites'], language: Language): string {
  const lead = names.answerCodes[code].replace(/。$/, '');
  if (code === 'nothing') return [lead, ...tried.map((each) => toldText(each.said, each.why, said, language))].join('；');
  if (code !== 'elsewhere' || nearest === null) return site === null ? lead : names.answerAt(site, lead);
  const own = tried.find((each) => each.site === nearest);
  const why = own === undefined ? names.answerNotThere(nearest) : own.code === 'serves' && own.weight !== undefined ? names.answerShare(nearest, `${own.weight / 10}%`) : toldText(own.said, own.why, said, language);
  return names.answerAt(site ?? '', `${lead}（${why}）`);
}

export interface PlacedSite {
  readonly name: string;
  readonly x: number;
  readonly y: number;
}

export interface PlacedLink {
  readonly from: string;
  readonly to: string;
  readonly data: 'both' | 'one-way';
  readonly mbps: number | null;
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
}

export interface SitePicture {
  readonly sites: readonly PlacedSite[];
  readonly links: readonly PlacedLink[];
}

/** Sites on an ellipse, two beside each other, and lines between their edges: one for each pair that is linked. @param box of the picture, with the size of a site */
export function placeSites(sites: readonly Pick<SiteView, 'name' | 'links'>[], box: { readonly width: number; readonly height: number; readonly siteWidth: number; readonly siteHeight: number }): SitePicture {
  const middle = { x: box.width / 2, y: box.height / 2 };
  const reach = { x: Math.max(0, (box.width - box.siteWidth) / 2 - 4), y: sites.length <= 2 ? 0 : Math.max(0, (box.height - box.siteHeight) / 2 - 4) };
  const placed = sites.map(({ name }, at) => {
    const angle = Math.PI + (2 * Math.PI * at) / sites.length;
    return { name, x: sites.length === 1 ? middle.x : middle.x + reach.x * Math.cos(angle), y: middle.y + reach.y * Math.sin(angle) };
  });
  const where = new Map(placed.map((site) => [site.name, site]));
  const seen = new Set<string>();
  const links = sites.flatMap(({ name, links: out }) =>
    out.flatMap((link): PlacedLink[] => {
      const [from, to] = [where.get(name), where.get(link.to)];
      const pair = [name, link.to].toSorted().join('|');
      if (from === undefined || to === undefined || name === link.to || (link.data === 'both' && seen.has(pair))) return [];
      seen.add(pair);
      return [{ from: name, to: link.to, data: link.data, mbps: link.mbps, ...between(from, to, box) }];
    }),
  );
  return { sites: placed, links };
}

/** From edge to edge of two boxes, so that arrows end where the site begins. */
function between(from: PlacedSite, to: PlacedSite, box: { readonly siteWidth: number; readonly siteHeight: number }): Pick<PlacedLink, 'x1' | 'y1' | 'x2' | 'y2'> {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const length = Math.max(1, Math.hypot(dx, dy));
  const edge = Math.min(dx === 0 ? Infinity : box.siteWidth / 2 / Math.abs(dx), dy === 0 ? Infinity : box.siteHeight / 2 / Math.abs(dy)) + 6 / length;
  return { x1: from.x + dx * edge, y1: from.y + dy * edge, x2: to.x - dx * edge, y2: to.y - dy * edge };
}
