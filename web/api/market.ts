// What can be asked and changed about calendars, signals from outside and announced surges; the market of today is in queries.ts.
import type { BackTestAskInput, BackTestView, CalendarChecked, Calendars, MarketDays, SignalEdit, SignalSeries, SignalView, SurgeAskInput, SurgeView } from '#server/http/contract/index.ts';
import { ApiError, call, get, getAll, THINKING_MS } from './client.ts';

type Signal = { readonly signal: AbortSignal };
export type MarketName = MarketDaysOf['market'];
interface MarketDaysOf {
  readonly market: 'a-share' | 'hong-kong' | 'us';
  /** Dates. */
  readonly from: string;
  readonly to: string;
}
/** What may be left out has its default on the server. */
export type SignalDraft = (typeof SignalEdit)['_zod']['input'];
const part = encodeURIComponent;
const search = (query: Readonly<Record<string, string>>) => new URLSearchParams(query).toString();

export const marketQueries = {
  calendars: () => ({ queryKey: ['market', 'calendars'], queryFn: ({ signal }: Signal) => get<Calendars>('/calendars', signal) }),
  days: (of: MarketDaysOf) => ({ queryKey: ['market', 'days', of], queryFn: async ({ signal }: Signal) => (await get<MarketDays>(`/market/days?${search({ ...of })}`, signal)).items }),
  /** Out of the list: signals are few, and the API has no page of one. */
  signal: (name: string) => ({
    queryKey: ['signals', name],
    queryFn: async ({ signal }: Signal): Promise<SignalView> => {
      const found = (await getAll<SignalView>('/signals', signal)).find((each) => each.name === name);
      if (found === undefined) throw new ApiError(404, null, name);
      return found;
    },
  }),
  /** `hours` until now. */
  signalValues: (name: string, hours: number) => ({
    queryKey: ['signals', name, 'values', hours],
    queryFn: ({ signal }: Signal) => get<SignalSeries>(`/signals/${part(name)}/values?${search({ from: new Date(Date.now() - hours * 3_600_000).toISOString(), to: new Date().toISOString() })}`, signal),
  }),
};

export const marketMutations = {
  checkCalendar: (name: string, text: string) => call<CalendarChecked>('POST', '/calendars/check', { body: { name, text } }),
  setSignal: (name: string, edit: SignalDraft) => call<SignalView>('PUT', `/signals/${part(name)}`, { body: edit }),
  removeSignal: (name: string) => call<void>('DELETE', `/signals/${part(name)}`),
  backTest: (name: string, ask: BackTestAskInput) => call<BackTestView>('POST', `/signals/${part(name)}/back-test`, { body: ask, deadlineMs: THINKING_MS }),
  announceSurge: (ask: SurgeAskInput) => call<SurgeView>('POST', '/surges', { body: ask }),
  endSurge: (id: string) => call<void>('DELETE', `/surges/${part(id)}`),
};
