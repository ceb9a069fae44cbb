// What can be asked and changed about drills: recorded days that are replayed against the present fleet.
import type { DrillAskInput, DrillDetail, DrillView } from '#server/http/contract/index.ts';
import { call, get, THINKING_MS } from './client.ts';

type Signal = { readonly signal: AbortSignal };
const part = encodeURIComponent;
/** The newest; older ones are kept as links. */
const MOST_RECENT = 100;

export const drillQueries = {
  /** Newest first. */
  drills: () => ({ queryKey: ['drills'], queryFn: async ({ signal }: Signal) => (await get<{ items: DrillView[] }>(`/drills?limit=${MOST_RECENT}`, signal)).items }),
  drill: (id: string) => ({ queryKey: ['drills', id], queryFn: ({ signal }: Signal) => get<DrillDetail>(`/drills/${part(id)}`, signal) }),
};

export const drillMutations = {
  start: (ask: DrillAskInput) => call<DrillView>('POST', '/drills', { body: ask, deadlineMs: THINKING_MS }),
  cancel: (id: string) => call<DrillView>('POST', `/drills/${part(id)}/cancel`),
};
