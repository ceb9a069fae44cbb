// Keeps the memory of markets: calendars as their folder says, surges, what floors need of demand and signals; says loudly what is wrong with
// calendars, once for each mistake; thins old values.
import type { Context } from '../context.ts';
import type { Loop } from '../control/driver.ts';
import { appendEvent } from '../db/events.ts';
import { thinSignalValues } from '../db/signals.ts';
import { dropOldSurges, listSurges } from '../db/surges.ts';

const EVERY_MS = 5_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
const MINUTES_KEPT_MS = 31 * DAY_MS;
const VALUES_KEPT_MS = 400 * DAY_MS;

export function marketLoop(context: Context): Loop {
  const { store, clock, market, bus, log } = context;
  let thinnedAt = 0;
  const told = new Set<string>();
  return {
    name: 'market',
    everyMs: EVERY_MS,
    run: async () => {
      const now = clock.now();
      if (await market.calendars.reload(now)) bus.publish({ topic: 'market', ids: [] });
      market.surges = await store.read((reader) => listSurges(reader, { endingAfter: now }));
      const fetched = (await market.demand.refresh(now, market.years())) + (await market.signals.refresh(now, market.years()));
      const warnings = market.calendars.warnings(now);
      const news = warnings.filter(({ message, code }) => !told.has(code === 'year-ends' ? code + message.split(',')[0] : message));
      if (news.length > 0) {
        await store.tx(async (tx) => {
          for (const { code, message, data } of news) {
            const subject = String(data['file'] ?? data['market'] ?? '');
            await appendEvent(tx, { at: now, actor: 'firn', kind: `calendar.${code}`, subjectType: 'market', subjectId: subject, subject, message });
          }
        });
        for (const { code, message } of news) {
          told.add(code === 'year-ends' ? code + message.split(',')[0] : message);
          log.warn({ code, message }, 'calendar.warning');
        }
      }
      if (now - thinnedAt >= HOUR_MS) {
        await store.tx(async (tx) => {
          await thinSignalValues(tx, now - MINUTES_KEPT_MS, now - VALUES_KEPT_MS);
          await dropOldSurges(tx, now - VALUES_KEPT_MS);
        });
        thinnedAt = now;
      }
      return `${market.years().length} calendars, ${warnings.length === 0 ? 'nothing to warn of' : warnings.map(({ message }) => message).join(' ')}${fetched === 0 ? '' : ` Fetched ${fetched} series.`}`;
    },
  };
}
