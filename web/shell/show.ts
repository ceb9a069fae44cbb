// The formats of format/ in the reader's language and the cluster's currency, as one object: `show.cores(4000)`. Read inside markup they
// follow a switch of the language by themselves.
import { createSignal } from 'solid-js';
import { ago, clock, duration, hourMinute, moment, ownZone, shortDay, weekday, when, whenIn } from '../format/time.ts';
import { bytes, coreCount, cores, factor, fineMoney, finePercent, gapPercent, listed, memory, money, number, percent, permille, signed } from '../format/units.ts';
import { language } from './preferences.ts';

const HOURS_A_MONTH = 730;
const TICK_MS = 5000;

const [currency, setCurrency] = createSignal('CNY');
const [nowMs, setNowMs] = createSignal(Date.now());
setInterval(() => setNowMs(Date.now()), TICK_MS);

export { setCurrency };

export const show = {
  number: (value: number) => number(value, language()),
  signed: (value: number) => signed(value, language()),
  cores: (cpuMilli: number) => cores(cpuMilli, language()),
  coreCount: (cpuMilli: number) => coreCount(cpuMilli, language()),
  memory: (memoryMib: number) => memory(memoryMib, language()),
  bytes: (value: number) => bytes(value, language()),
  permille: (value: number) => permille(value, language()),
  money: (cents: number) => money(cents, currency(), language()),
  fineMoney: (cents: number) => fineMoney(cents, currency(), language()),
  moneyAMonth: (centsPerHour: number) => money(centsPerHour * HOURS_A_MONTH, currency(), language()),
  percent: (part: number, whole: number) => percent(part, whole, language()),
  gap: (gapInPercent: number) => gapPercent(gapInPercent, language()),
  finePercent: (percent: number) => finePercent(percent, language()),
  factor: (permille: number) => factor(permille, language()),
  listed: (items: readonly string[]) => listed(items, language()),
  duration: (seconds: number) => duration(seconds, language()),
  currencySign: () => money(0, currency(), language()).replace(/[\d.,\s]/g, ''),
  /** `4 cores, 8 GiB` */
  shape: (shape: { readonly cpuMilli: number; readonly memoryMib: number }) => `${cores(shape.cpuMilli, language())}, ${memory(shape.memoryMib, language())}`,
  /** The tick makes it tell the time anew; what has just happened must not seem to be ahead of it. */
  ago: (instant: string) => ago(instant, Math.max(nowMs(), Date.now()), language()),
  when: (instant: string) => when(instant, language()),
  moment: (instant: string) => moment(instant, language()),
  clock: (instant: string) => clock(instant, language()),
  hourMinute: (instant: string, timeZone?: string) => hourMinute(instant, language(), timeZone),
  shortDay: (instant: string, timeZone?: string) => shortDay(instant, language(), timeZone),
  weekday: (instant: string, timeZone?: string) => weekday(instant, language(), timeZone),
  whenIn: (instant: string, timeZone: string) => whenIn(instant, language(), timeZone),
  ownZone,
};
