// Who calls: a session's cookie or an API token becomes an actor, once per call. Cookies and tokens hold 256 random bits,
// the store their hash. A session ends when it was not used for a while, at the latest after a week. Signing in and out is
// sign-in.ts; what an actor may do is permissions.ts.
import { getConnInfo } from '@hono/node-server/conninfo';
import type { Context as HonoContext } from 'hono';
import { getCookie } from 'hono/cookie';
import type { Context } from '../context.ts';
import { accountById, extendSession, sessionById, tokenById, touchToken, type Account, type SessionRow } from '../db/accounts.ts';
import { UnauthenticatedError } from '../errors.ts';
import { digest, sameDigest } from './passwords.ts';
import { holdingsOf, holds, narrow, type Holdings } from './permissions.ts';
import { actor, type Actor, type ApiEnv } from './secured.ts';

/** A session ends when it was not used for this long. */
export const SESSION_IDLE_MS = 12 * 3_600_000;
/** However much it is used. */
export const SESSION_MOST_MS = 7 * 86_400_000;
/** So that not every call writes. */
const EXTEND_EVERY_MS = 10 * 60_000;
const TOUCH_EVERY_MS = 60_000;

export const PLAIN_COOKIE = 'firn-session';
/** Browsers take a `__Host-` cookie only over TLS, for this host alone. */
export const TLS_COOKIE = '__Host-firn-session';
/** `firn_<id>_<secret>`. */
const TOKEN = /^firn_([0-9A-Za-z-]{1,64})_([A-Za-z0-9_-]{43})$/;
/** How an API token is written. */
export const tokenText = (id: string, secret: string): string => `firn_${id}_${secret}`;

/** The caller's address; `local` where there is no socket (tests). Headers of proxies are not believed. */
export function remoteAddress(c: HonoContext<ApiEnv>): string {
  try {
    return getConnInfo(c).remote.address ?? 'local';
  } catch {
    return 'local';
  }
}

function makeActor(account: Account, kind: Actor['kind'], name: string, holdings: Holdings): Actor {
  return {
    id: account.id,
    name,
    kind,
    mustChangePassword: account.mustChangePassword,
    can: (permission, team) => holds(holdings, permission, team),
    teams: (permission) => {
      const teams = holdings.get(permission);
      return teams === undefined ? [] : teams;
    },
  };
}

/** An actor with what it came from. */
export interface Caller {
  readonly actor: Actor;
  readonly credential: { readonly kind: 'session' | 'token'; readonly id: string };
  readonly account: Account;
  readonly holdings: Holdings;
}

/**
 * Finds out who calls and leaves it for `actor(c)`. Refuses a token that is wrong or has ended at once; a cookie that has
 * ended only means that nobody is signed in, so that one can sign in again.
 */
export function authenticate(context: Context): (c: HonoContext<ApiEnv>) => Promise<void> {
  return async (c) => {
    const authorization = c.req.header('authorization');
    const caller = isBearer(authorization) ? await byToken(context, authorization) : await bySession(context, sessionCookie(c));
    if (caller !== null) {
      c.set('actor', caller.actor);
      c.set('credential', caller.credential);
      callers.set(caller.actor, caller);
    }
  };
}

/** Other schemes are the business of a proxy in front. */
export const isBearer = (authorization: string | undefined): authorization is string => authorization !== undefined && /^Bearer\b/i.test(authorization);

const callers = new WeakMap<Actor, Caller>();

/** The person behind a session. */
export function callerOfSession(account: Account, sessionId: string): Caller {
  const holdings = holdingsOf(account.grants);
  return { actor: makeActor(account, 'user', account.name, holdings), credential: { kind: 'session', id: sessionId }, account, holdings };
}

const sessionCookie = (c: HonoContext): string | undefined => getCookie(c, TLS_COOKIE) ?? getCookie(c, PLAIN_COOKIE);

async function byToken(context: Context, authorization: string): Promise<Caller | null> {
  const match = TOKEN.exec(/^Bearer +(\S+)$/i.exec(authorization)?.[1] ?? '');
  if (match === null) throw new UnauthenticatedError('token-malformed', 'The Authorization header must be `Bearer firn_<id>_<secret>`.');
  const [, id = '', secret = ''] = match;
  const { token, account } = await context.store.read(async (reader) => {
    const token = await tokenById(reader, id);
    return { token, account: token === undefined ? undefined : await accountById(reader, token.userId) };
  });
  if (token === undefined || account === undefined || account.disabled || !sameDigest(digest(secret), token.secretHash))
    throw new UnauthenticatedError('token-unknown', 'This API token is not known: it may have been deleted.');
  const now = context.clock.now();
  if (token.expiresAt <= now) throw new UnauthenticatedError('token-expired', `The API token "${token.name}" ended at ${new Date(token.expiresAt).toISOString()}: make a new one.`);
  if (now - (token.lastUsedAt ?? 0) >= TOUCH_EVERY_MS) await context.store.tx((tx) => touchToken(tx, token.id, now));
  const holdings = narrow(holdingsOf(account.grants), token.scopes, token.team);
  return { actor: makeActor(account, 'token', `${account.name}/${token.name}`, holdings), credential: { kind: 'token', id: token.id }, account, holdings };
}

async function bySession(context: Context, cookie: string | undefined): Promise<Caller | null> {
  if (cookie === undefined || cookie.length > 100) return null;
  const id = digest(cookie);
  const { session, account } = await signedInAs(context, id);
  const now = context.clock.now();
  if (session === undefined || account === undefined || account.disabled || session.expiresAt <= now) return null;
  const expiresAt = Math.min(now + SESSION_IDLE_MS, session.createdAt + SESSION_MOST_MS);
  if (expiresAt - session.expiresAt >= EXTEND_EVERY_MS) await context.store.tx((tx) => extendSession(tx, id, expiresAt));
  return callerOfSession(account, id);
}

interface SignedIn {
  readonly session: SessionRow | undefined;
  readonly account: Account | undefined;
}

interface Remembered {
  readonly by: Map<string, SignedIn>;
  /** Counts changes: what was read before one is not remembered after it. */
  changes: number;
}

/** More people than sit before consoles at a time. */
const MOST_REMEMBERED = 1_000;
const remembered = new WeakMap<Context, Remembered>();

/** The session with its account, read once and remembered until any account or session changes: every call asks. @param id hash of the cookie */
async function signedInAs(context: Context, id: string): Promise<SignedIn> {
  const known = rememberedOf(context);
  const before = known.by.get(id);
  if (before !== undefined) return before;
  const { changes } = known;
  const read = await context.store.read(async (reader) => {
    const session = await sessionById(reader, id);
    return { session, account: session === undefined ? undefined : await accountById(reader, session.userId) };
  });
  if (read.account !== undefined && known.changes === changes) {
    if (known.by.size >= MOST_REMEMBERED) known.by.clear();
    known.by.set(id, read);
  }
  return read;
}

function rememberedOf(context: Context): Remembered {
  const known = remembered.get(context) ?? { by: new Map<string, SignedIn>(), changes: 0 };
  if (!remembered.has(context)) {
    remembered.set(context, known);
    context.bus.subscribe(({ topic }) => {
      if (topic !== 'accounts' && topic !== 'sessions') return;
      known.changes += 1;
      known.by.clear();
    });
  }
  return known;
}

/** The caller of a secured route, with the account behind it. */
export function callerOf(c: HonoContext<ApiEnv>): Caller {
  const caller = callers.get(actor(c));
  if (caller === undefined) throw new Error('authenticate did not run before this route');
  return caller;
}
