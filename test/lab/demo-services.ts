/**
 * The services of the demo's site: what is asked for each, how its demand runs through a market day, and how it follows that. Data only.
 * In a lab containers are real and small; a simulated fleet runs the figures of a whole stock community, since nothing really runs there.
 */
import type { AutoscaleSettingsInput, DraftInput } from '#server/http/contract/index.ts';
import type { Curve } from './demo-day.ts';

export interface DemoService {
  readonly draft: DraftInput;
  readonly curve: Curve;
  /** Requests a second at the height of a usual day; it becomes up to a fifth more on a hot one. */
  readonly usualPeakQps: number;
  readonly settings: AutoscaleSettingsInput;
  /** The name by which clients find it; absent: nobody asks for it by name. */
  readonly name?: string;
}

export const TEAM = 'quotes';
export const ENVIRONMENT = 'production';
export const TURNOVER = 'turnover';
/** The demo's market opens twice an hour, at minutes 6 and 36: these replicas are there before. */
const BEFORE_OPENS = { kind: 'cron', timeZone: 'Asia/Shanghai', cron: '4,34 * * * *', minutes: 5 } as const;
/** Days are short here: what was not needed for a minute may go, and three jumps a half hour are not paid for all the time. */
const FOLLOWS: AutoscaleSettingsInput = { mode: 'on', markets: [], risk: 'economy', behavior: { scaleDown: { windowSeconds: 60 } } };

type Figures = Pick<DraftInput, 'peakQps' | 'profile' | 'shape' | 'survive' | 'cloud' | 'headroomPermille'>;
const asked = (service: string, image: string, figures: Figures, why: string): DemoService['draft'] => ({ service, ...figures, team: TEAM, environment: ENVIRONMENT, run: { image, env: { CPU_MS_PER_REQUEST: String(figures.profile.cpuMsPerRequest) }, port: 8080, healthPath: '/up' }, why });

/** What a lab runs for real: a request of `quote` costs 5 ms of CPU, all together about a tenth of a core. */
export const REAL: readonly DemoService[] = [
  {
    draft: asked('quote', 'firn/demo:1', { peakQps: 36, profile: { cpuMsPerRequest: 5, memoryBaseMib: 64, memoryKibPerQps: 64, maxQps: 5 }, shape: 'quarter', survive: 'host', cloud: 'allowed' }, 'the demo: market quotes'),
    curve: 'trading', usualPeakQps: 18, name: 'quote.firn.demo',
    settings: { ...FOLLOWS, ceilingPermille: 850, schedules: [{ ...BEFORE_OPENS, name: 'before each open', floor: { replicas: 4 } }], signals: [{ signal: TURNOVER, when: { above: 60 }, multiplier: 1.3, decayMinutes: 2 }] },
  },
  {
    draft: asked('front', 'firn/demo:1', { peakQps: 6, profile: { cpuMsPerRequest: 2, memoryBaseMib: 64, memoryKibPerQps: 64, maxQps: 10 }, shape: 'quarter', survive: 'site', cloud: 'allowed' }, 'the demo: the way in, at both sites'),
    curve: 'even', usualPeakQps: 3, name: 'front.firn.demo', settings: { mode: 'preview', markets: [] },
  },
];

const simulated = (service: string, curve: Curve, figures: Figures & { readonly peakQps: number }, more: Partial<Omit<DemoService, 'draft' | 'curve'>> = {}): DemoService => ({ draft: asked(service, `firn/${service}:1`, figures, 'the demo: a stock community'), curve, usualPeakQps: figures.peakQps * 0.55, settings: FOLLOWS, ...more });

/** No container really runs, so none costs this machine anything. */
export const SIMULATED: readonly DemoService[] = [
  simulated('quote', 'trading', { peakQps: 900, profile: { cpuMsPerRequest: 10, memoryBaseMib: 300, memoryKibPerQps: 256 }, shape: 'quarter', survive: 'host', cloud: 'allowed' }, {
    name: 'quote.firn.demo',
    settings: { ...FOLLOWS, schedules: [{ ...BEFORE_OPENS, name: 'before each open', floor: { replicas: 8 } }], signals: [{ signal: TURNOVER, when: { above: 60 }, multiplier: 1.3, decayMinutes: 2 }] },
  }),
  simulated('kline', 'trading', { peakQps: 900, profile: { cpuMsPerRequest: 6, memoryBaseMib: 300, memoryKibPerQps: 512 }, shape: 'half', survive: 'rack' }, { settings: { ...FOLLOWS, schedules: [{ kind: 'session', market: 'a-share', from: 'open-10m', to: 'close+5m', name: 'A-share sessions', floor: { replicas: 4 } }] } }),
  simulated('order-book', 'trading', { peakQps: 300, profile: { cpuMsPerRequest: 35, memoryBaseMib: 500, memoryKibPerQps: 256 }, shape: 'standard', survive: 'host' }, { settings: { ...FOLLOWS, risk: 'balanced' } }),
  simulated('news-feed', 'news', { peakQps: 120, profile: { cpuMsPerRequest: 45, memoryBaseMib: 300, memoryKibPerQps: 512 }, shape: 'half', survive: 'host', cloud: 'allowed' }),
  simulated('search', 'even', { peakQps: 60, profile: { cpuMsPerRequest: 30, memoryBaseMib: 900, memoryKibPerQps: 1024 }, shape: 'standard', survive: 'none' }, { settings: { mode: 'preview', markets: [] } }),
  simulated('front', 'even', { peakQps: 300, profile: { cpuMsPerRequest: 4, memoryBaseMib: 128, memoryKibPerQps: 128 }, shape: 'quarter', survive: 'site', cloud: 'allowed' }, { name: 'front.firn.demo', settings: { mode: 'preview', markets: [] } }),
];
