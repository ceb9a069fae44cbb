// Signing in and out, what one may do, and one's own password. A wrong name and a wrong password read the same and take
// as long; a changed password ends every other session. Who has a password
// of somebody else's choice may do nothing else before that. Cookies are HttpOnly, and Secure as soon as there is TLS.
import { createRoute } from '@hono/zod-openapi';
import type { Context as HonoContext } from 'hono';
import { deleteCookie, setCookie } from 'hono/cookie';
import type { Context } from '../context.ts';
import { accountByName, deleteSession, deleteSessionsOf, insertSession, tokensOf, updateUser } from '../db/accounts.ts';
import { appendEvent } from '../db/events.ts';
import { InvalidError, UnauthenticatedError } from '../errors.ts';
import { callerOf, callerOfSession, PLAIN_COOKIE, remoteAddress, SESSION_IDLE_MS, SESSION_MOST_MS, TLS_COOKIE, type Caller } from './auth.ts';
import { Login, Me, PasswordChange, PasswordChanged } from './contract/accounts.ts';
import type { Limiter } from './limits.ts';
import { digest, hashPassword, newSecret, verifyPassword } from './passwords.ts';
import { toPermissions } from './permissions.ts';
import { answer, jsonBody, newApi, problems } from './problem.ts';
import { publicRoute, secured, type ApiEnv } from './secured.ts';

const me = (caller: Caller): Me => ({
  id: caller.account.id,
  name: caller.account.name,
  grants: [...caller.account.grants],
  permissions: toPermissions(caller.holdings),
  via: caller.credential.kind,
  mustChangePassword: caller.account.mustChangePassword,
});

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
  middleware: secured('session', { beforeOwnPassword: true }),
  responses: { 204: { description: 'Signed out' }, ...problems },
});
const getMe = createRoute({
  method: 'get',
  path: '/me',
  operationId: 'getMe',
  summary: 'Who is signed in, and what they may do',
  middleware: secured('any', { beforeOwnPassword: true }),
  responses: { ...answer(200, 'The caller', Me), ...problems },
});
const changePassword = createRoute({
  method: 'post',
  path: '/me/password',
  operationId: 'changePassword',
  summary: "Change one's own password; ends every other session, and says which API tokens go on",
  middleware: secured('session', { beforeOwnPassword: true }),
  request: { body: jsonBody(PasswordChange) },
  responses: { ...answer(200, 'Changed', PasswordChanged), ...problems },
});

/** `/auth/login`, `/auth/logout`, `/me`, `/me/password`. */
export function signInApi(context: Context, limiter: Limiter) {
  return newApi()
    .openapi(login, async (c) => {
      const { name, password } = c.req.valid('json');
      const address = remoteAddress(c);
      await limiter.login(name, address);
      const account = await context.store.read((reader) => accountByName(reader, name));
      const right = await verifyPassword(password, account?.passwordHash ?? null);
      if (account === undefined || !right || account.disabled) {
        // A name that nobody has may be a password in the wrong field.
        context.log.warn({ name: account?.name ?? null, address }, 'login.refused');
        throw new UnauthenticatedError('login-wrong', 'The name or the password is wrong.');
      }
      await limiter.loggedIn(name, address);
      const cookie = newSecret();
      const id = digest(cookie);
      const now = context.clock.now();
      await context.store.tx((tx) => insertSession(tx, { id, userId: account.id, createdAt: now, expiresAt: now + SESSION_IDLE_MS }));
      setSessionCookie(context, c, cookie);
      context.log.info({ name, address }, 'login.done');
      return c.json(me(callerOfSession(account, id)), 200);
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
      if (next === current) throw new InvalidError('password-same', 'The new password is the present one: choose another.', [{ field: 'next', value: undefined, message: 'is the present password' }]);
      await limiter.loggedIn(account.name, remoteAddress(c));
      const passwordHash = await hashPassword(next);
      const now = context.clock.now();
      const left = await context.store.tx(async (tx) => {
        await updateUser(tx, account.id, { passwordHash, mustChangePassword: false });
        const sessionsEnded = await deleteSessionsOf(tx, account.id, credential.id);
        const tokens = (await tokensOf(tx, account.id)).filter(({ expiresAt }) => expiresAt > now).map(({ name }) => name);
        await appendEvent(tx, { at: now, actor: account.name, kind: 'user.changed', subjectType: 'user', subjectId: account.id, subject: account.name, team: null, message: `User ${account.name} chose another password; ${sessionsEnded} other sessions ended, ${tokens.length} API tokens go on`, why: null });
        return { sessionsEnded, tokens };
      });
      return c.json(left, 200);
    });
}

function setSessionCookie(context: Context, c: HonoContext<ApiEnv>, cookie: string): void {
  const https = context.config.https || c.req.header('x-forwarded-proto') === 'https' || c.req.url.startsWith('https:');
  setCookie(c, https ? TLS_COOKIE : PLAIN_COOKIE, cookie, { path: '/', httpOnly: true, sameSite: 'Lax', secure: https, maxAge: SESSION_MOST_MS / 1000 });
}
