// Turns amounts into what a person reads: cores, memory, money, QPS, shares. Takes integers in the API's units and a language; gives
// text. Pure; components never format by hand.

export type Language = 'en' | 'zh';

const LOCALES: Readonly<Record<Language, string>> = { en: 'en-GB', zh: 'zh-CN' };
const made = new Map<string, Intl.NumberFormat>();

/** Number formats are dear to make (about 50 us each), and a table of hosts needs thousands of numbers. */
function format(language: Language, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = `${language}${JSON.stringify(options)}`;
  let found = made.get(key);
  if (found === undefined) {
    found = new Intl.NumberFormat(LOCALES[language], options);
    made.set(key, found);
  }
  return found;
}

export function localeOf(language: Language): string {
  return LOCALES[language];
}

/** `12,345`; at most three decimals below ten, one below a thousand. */
export function number(value: number, language: Language): string {
  const size = Math.abs(value);
  return format(language, { maximumFractionDigits: size < 10 ? 3 : size < 1000 ? 1 : 0 }).format(value);
}

/** `3.5 cores`, from millicores; `0.05 cores` below one. */
export function cores(cpuMilli: number, language: Language): string {
  const amount = coreCount(cpuMilli, language);
  if (language === 'zh') return `${amount} 核`;
  return `${amount} ${cpuMilli === 1000 ? 'core' : 'cores'}`;
}

/** The number alone, for where the unit stands beside it already. */
export function coreCount(cpuMilli: number, language: Language): string {
  const value = cpuMilli / 1000;
  const size = Math.abs(value);
  return format(language, { maximumFractionDigits: size < 1 ? 2 : size < 100 ? 1 : 0 }).format(value);
}

/** `512 MiB`, `8 GiB`, `1.5 TiB`. */
export function memory(memoryMib: number, language: Language): string {
  const size = Math.abs(memoryMib);
  const [value, unit] = size < 1024 ? [memoryMib, 'MiB'] : size < 1_048_576 ? [memoryMib / 1024, 'GiB'] : [memoryMib / 1_048_576, 'TiB'];
  return `${format(language, { maximumFractionDigits: Math.abs(value) < 100 ? 1 : 0 }).format(value)} ${unit}`;
}

const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** `640 B`, `1.5 MiB`, `24 GiB`. */
export function bytes(value: number, language: Language): string {
  const at = value < 1 ? 0 : Math.min(BYTE_UNITS.length - 1, Math.floor(Math.log2(value) / 10));
  const amount = value / 1024 ** at;
  return `${format(language, { maximumFractionDigits: at > 0 && amount < 100 ? 1 : 0 }).format(amount)} ${BYTE_UNITS[at]}`;
}

/** Thousandths as percent with a decimal below ten: `1.2%`, from 12. */
export function permille(value: number, language: Language): string {
  return format(language, { style: 'percent', maximumFractionDigits: value < 100 ? 1 : 0 }).format(value / 1000);
}

/** `¥3.20`; whole units from a thousand on, since nobody pays by the cent there. */
export function money(cents: number, currency: string, language: Language): string {
  const digits = Math.abs(cents) >= 100_000 ? 0 : 2;
  return format(language, { style: 'currency', currency, currencyDisplay: 'narrowSymbol', minimumFractionDigits: digits, maximumFractionDigits: digits }).format(cents / 100);
}

/** Money with thousandths of the whole unit: prices that a solver finds are not whole cents. */
export function fineMoney(cents: number, currency: string, language: Language): string {
  return format(language, { style: 'currency', currency, currencyDisplay: 'narrowSymbol', minimumFractionDigits: 2, maximumFractionDigits: 4 }).format(cents / 100);
}

/** `+3`, `-2`, `±0`: a change, with its sign always there. */
export function signed(value: number, language: Language): string {
  if (value === 0) return '±0';
  return format(language, { signDisplay: 'always', maximumFractionDigits: 1 }).format(value);
}

/** Share of a whole in whole percent; 0 where the whole is nothing. */
export function percent(part: number, whole: number, language: Language): string {
  return format(language, { style: 'percent', maximumFractionDigits: 0 }).format(share(part, whole));
}

/** Between 0 and 1, and above where more is taken than there is. */
export function share(part: number, whole: number): number {
  return whole <= 0 ? 0 : Math.max(0, part / whole);
}

/** A proven gap in percent, rounded up: `0.4%`, so that what is claimed always holds. */
export function gapPercent(percent: number, language: Language): string {
  const digits = percent >= 10 ? 0 : percent >= 1 ? 1 : 2;
  return format(language, { style: 'percent', maximumFractionDigits: digits, roundingMode: 'ceil' }).format(Math.max(0, percent) / 100);
}

/** `0.0021%`, `12%`, from percent: shares that matter far below one. */
export function finePercent(percent: number, language: Language): string {
  const size = Math.abs(percent);
  return format(language, { style: 'percent', maximumFractionDigits: size >= 10 ? 0 : size >= 1 ? 1 : size >= 0.01 ? 3 : 4 }).format(percent / 100);
}

/** `1.5`, from thousandths: factors of growth and overcommit. */
export function factor(permille: number, language: Language): string {
  return format(language, { maximumFractionDigits: 3 }).format(permille / 1000);
}

/** `a, b and c` in the reader's language. */
export function listed(items: readonly string[], language: Language): string {
  return new Intl.ListFormat(LOCALES[language], { style: 'short', type: 'conjunction' }).format(items);
}
