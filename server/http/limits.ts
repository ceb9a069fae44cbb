// How often one may call. Counting is in memory: a restart forgives, and each server counts for itself.
// Logins are counted by name and address together and by address alone, so that neither a guesser of one password nor a
// guesser of many names gets far, and nobody can lock another person out from elsewhere. Calls are
// counted by session or token, pushes by their source besides.
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { TooManyError } from '../errors.ts';

export interface Limits {
  /** Failed logins a minute for one name from one address. */
  readonly loginsPerMinute: number;
  /** Failed logins a minute from one address, whatever the names. */
  readonly loginsPerAddressPerMinute: number;
  /** Calls a minute with one session or token; calls with neither count by address. */
  readonly callsPerMinute: number;
  /** Pushes a minute of one gateway or signal with one token: one that runs wild leaves the token's other calls to the others. */
  readonly pushesPerMinute: number;
}
export const DEFAULT_LIMITS: Limits = { loginsPerMinute: 5, loginsPerAddressPerMinute: 30, callsPerMinute: 3_000, pushesPerMinute: 600 };

export interface Limiter {
  /** Counts one call of a session or token, or of an address. @throws TooManyError with the seconds to wait */
  call(who: string): Promise<void>;
  /** Counts a try to sign in. @throws TooManyError with the seconds to wait */
  login(name: string, address: string): Promise<void>;
  /** Counts a push. @param field what names its source in the call @throws TooManyError with the seconds to wait */
  push(who: string, field: 'source' | 'name', source: string): Promise<void>;
  /** A right password ends the counting of that name from that address. */
  loggedIn(name: string, address: string): Promise<void>;
}

/** A limiter of its own: two apps in one process do not share counts. */
export function makeLimiter(limits: Limits = DEFAULT_LIMITS): Limiter {
  const perMinute = (points: number) => new RateLimiterMemory({ points, duration: 60 });
  const calls = perMinute(limits.callsPerMinute);
  const pushes = perMinute(limits.pushesPerMinute);
  const byNameAndAddress = perMinute(limits.loginsPerMinute);
  const byAddress = perMinute(limits.loginsPerAddressPerMinute);
  const pair = (name: string, address: string) => `${address} ${name.slice(0, 64).toLowerCase()}`;
  return {
    call: (who) => count(calls, who, 'Too many calls'),
    push: (who, field, source) => count(pushes, `${who} ${field} ${source}`, `Too many pushes of ${source} with this token`, { field, value: source }),
    login: async (name, address) => {
      await count(byAddress, address, 'Too many tries to sign in from this address');
      await count(byNameAndAddress, pair(name, address), 'Too many tries to sign in with this name');
    },
    loggedIn: async (name, address) => {
      await byNameAndAddress.delete(pair(name, address));
    },
  };
}

async function count(limiter: RateLimiterMemory, key: string, what: string, named?: { readonly field: string; readonly value: string }): Promise<void> {
  try {
    await limiter.consume(key);
  } catch (refusal) {
    if (!(refusal instanceof RateLimiterRes)) throw refusal;
    const seconds = Math.max(1, Math.ceil(refusal.msBeforeNext / 1000));
    const fields = named === undefined ? [] : [{ ...named, message: 'pushes too often', allowed: `${limiter.points} pushes a minute` }];
    throw new TooManyError('too-many', `${what}: at most ${limiter.points} a minute. Try again in ${seconds} s.`, seconds, fields);
  }
}
