// Who calls: a session's cookie or an API token becomes an actor, once per call. And signing in and out, one's own
// permissions, one's own password. Cookies hold 256 random bits and the store their hash; a session ends when it was not
// used for a while, at the latest after a week, and with every other one when the password changes.
import { createRoute } from '@hono/zod-openapi';
import { getConnInfo } from '@hono/node-server/conninfo';
import type { Context as HonoContext, MiddlewareHandler } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import type { Context } from '../context.ts';
import { accountById, accountByName, deleteSession, deleteSessionsOf, extendSession, insertSession, sessionById, tokenById, touchToken, updateUser, type Account } from '../db/accounts.ts';
import { InvalidError, UnauthenticatedError } from '../errors.ts';
import { Login, Me, PasswordChange } from './contract/accounts.ts';
import type { Limiter } from './limits.ts';
import { digest, hashPassword, newSecret, sameDigest, verifyPassword } from './passwords.ts';
import { holdingsOf, holds, narrow, toPermissions, type Holdings } from './permissions.ts';
import { answer, jsonBody, newApi, problems } from './problem.ts';
import { actor, publicRoute, secured, type Actor, type ApiEnv } from './secured.ts';

/** A session ends when it was not used for this long. */
const SESSION_IDLE_MS = 12 * 3_600_000;
/** However much it is used. */
const SESSION_MOST_MS = 7 * 86_400_000;
/** So that not every call writes. */
const EXTEND_EVERY_MS = 10 * 60_000;
const TOUCH_EVERY_MS = 60_000;

const PLAIN_COOKIE = 'firn-session';
/** Browsers take a `__Host-` cookie only over TLS, for this host alone. */
const TLS_COOKIE = '__Host-firn-session';
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
    can: (permission, team) => holds(holdings, permission, team),
    teams: (permission) => {
      const teams = holdings.get(permission);
      return teams === undefined ? [] : teams;
    },
  };
}

interface Caller {
  readonly actor: Actor;
  readonly credential: { readonly kind: 'session' | 'token'; readonly id: string };
  readonly account: Account;
  readonly holdings: Holdings;
}

/**
 * Finds out who calls and leaves it for `actor(c)`. Refuses a token that is wrong or has ended at once; a cookie that has
 * ended only means that nobody is signed in, so that one can sign in again.
 */
export function authenticate(context: Context): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const authorization = c.req.header('authorization');
    const caller = isBearer(authorization) ? await byToken(context, authorization) : await bySession(context, sessionCookie(c));
    if (caller !== null) {
      c.set('actor', caller.actor);
      c.set('credential', caller.credential);
      callers.set(caller.actor, caller);
    }
    await next();
  };
}

/** Other schemes are the business of a proxy in front. */
export const isBearer = (authorization: string | undefined): authorization is string => authorization !== undefined && /^Bearer\b/i.test(authorization);

/** What `GET /me` needs beyond the actor. */
const callers = new WeakMap<Actor, Caller>();

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
  const { session, account } = await context.store.read(async (reader) => {
    const session = await sessionById(reader, id);
    return { session, account: session === undefined ? undefined : await accountById(reader, session.userId) };
  });
  const now = context.clock.now();
  if (session === undefined || account === undefined || account.disabled || session.expiresAt <= now) return null;
  const expiresAt = Math.min(now + SESSION_IDLE_MS, session.createdAt + SESSION_MOST_MS);
  if (expiresAt - session.expiresAt >= EXTEND_EVERY_MS) await context.store.tx((tx) => extendSession(tx, id, expiresAt));
  const holdings = holdingsOf(account.grants);
  return { actor: makeActor(account, 'user', account.name, holdings), credential: { kind: 'session', id }, account, holdings };
}

const me = (caller: Caller): Me => ({
  id: caller.account.id,
  name: caller.account.name,
  grants: [...caller.account.grants],
  permissions: toPermissions(caller.holdings),
  via: caller.credential.kind,
  mustChangePassword: caller.account.mustChangePassword,
});

/** The caller of a secured route, with the account behind it. */
export function callerOf(c: HonoContext<ApiEnv>): Caller {
  const caller = callers.get(actor(c));
  if (caller === undefined) throw new Error('authenticate did not run before this route');
  return caller;
}

const login = createRoute({
  method: 'post',
  path: '/auth/login',
  operationId: 'login',
  summary: 'Sign in with name and password; sets the session cookie',
  middleware: publicRoute(),
  request: { body: jsonBody(Login) },
  responses: { ...answer(200, 'Signed in', Me), ...problems },
});
const logout = createRoute({
  method: 'post',
  path: '/auth/logout',
  operationId: 'logout',
  summary: 'Sign out: ends this session',
  middleware: secured('session'),
  responses: { 204: { description: 'Signed out' }, ...problems },
});
const getMe = createRoute({
  method: 'get',
  path: '/me',
  operationId: 'getMe',
  summary: 'Who is signed in, and what they may do',
  middleware: secured('any'),
  responses: { ...answer(200, 'The caller', Me), ...problems },
});
const changePassword = createRoute({
  method: 'post',
  path: '/me/password',
  operationId: 'changePassword',
  summary: "Change one's own password; ends every other session",
  middleware: secured('session'),
  request: { body: jsonBody(PasswordChange) },
  responses: { 204: { description: 'Changed' }, ...problems },
});

/** `/auth/login`, `/auth/logout`, `/me`, `/me/password`. */
export function authApi(context: Context, limiter: Limiter) {
  return newApi()
    .openapi(login, async (c) => {
      const { name, password } = c.req.valid('json');
      const address = remoteAddress(c);
      await limiter.login(name, address);
      const account = await context.store.read((reader) => accountByName(reader, name));
      const right = await verifyPassword(password, account?.passwordHash ?? null);
      if (account === undefined || !right || account.disabled) {
        context.log.warn({ name, address }, 'login.refused');
        throw new UnauthenticatedError('login-wrong', 'The name or the password is wrong.');
      }
      await limiter.loggedIn(name, address);
      const cookie = newSecret();
      const id = digest(cookie);
      const now = context.clock.now();
      await context.store.tx((tx) => insertSession(tx, { id, userId: account.id, createdAt: now, expiresAt: now + SESSION_IDLE_MS }));
      setSessionCookie(context, c, cookie);
      context.log.info({ name, address }, 'login.done');
      const holdings = holdingsOf(account.grants);
      return c.json(me({ actor: makeActor(account, 'user', account.name, holdings), credential: { kind: 'session', id }, account, holdings }), 200);
    })
    .openapi(logout, async (c) => {
      const { id } = callerOf(c).credential;
      await context.store.tx((tx) => deleteSession(tx, id));
      deleteCookie(c, PLAIN_COOKIE, { path: '/' });
      deleteCookie(c, TLS_COOKIE, { path: '/', secure: true });
      return c.body(null, 204);
    })
    .openapi(getMe, (c) => c.json(me(callerOf(c)), 200))
    .openapi(changePassword, async (c) => {
      const { current, next } = c.req.valid('json');
      const { account, credential } = callerOf(c);
      await limiter.login(account.name, remoteAddress(c));
      if (!(await verifyPassword(current, account.passwordHash)))
        throw new InvalidError('password-wrong', 'The current password is wrong.', [{ field: 'current', value: undefined, message: 'is not your password' }]);
      await limiter.loggedIn(account.name, remoteAddress(c));
      const passwordHash = await hashPassword(next);
      await context.store.tx(async (tx) => {
        await updateUser(tx, account.id, { passwordHash, mustChangePassword: false });
        await deleteSessionsOf(tx, account.id, credential.id);
      });
      return c.body(null, 204);
    });
}

function setSessionCookie(context: Context, c: HonoContext<ApiEnv>, cookie: string): void {
  const https = context.config.https || c.req.header('x-forwarded-proto') === 'https' || c.req.url.startsWith('https:');
  setCookie(c, https ? TLS_COOKIE : PLAIN_COOKIE, cookie, { path: '/', httpOnly: true, sameSite: 'Lax', secure: https, maxAge: SESSION_MOST_MS / 1000 });
}
