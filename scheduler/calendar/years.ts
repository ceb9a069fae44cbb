// The calendars that come with the product: every year that is missing here, and in what an operator adds, is unknown, and nothing is guessed of it.
import aShare2025 from './data/a-share-2025.json' with { type: 'json' };
import aShare2026 from './data/a-share-2026.json' with { type: 'json' };
import hongKong2025 from './data/hong-kong-2025.json' with { type: 'json' };
import hongKong2026 from './data/hong-kong-2026.json' with { type: 'json' };
import us2025 from './data/us-2025.json' with { type: 'json' };
import us2026 from './data/us-2026.json' with { type: 'json' };
import type { CalendarYear } from './model.ts';

/** Every market's years that are known. */
export const CALENDAR_YEARS: readonly CalendarYear[] = [aShare2025, aShare2026, hongKong2025, hongKong2026, us2025, us2026] as readonly CalendarYear[];
