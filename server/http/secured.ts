// Every route says who may call it: `middleware: secured('hosts.operate')` in createRoute. The declaration is the check,
// and a test reads the declarations back from the mounted app, so that no route is open by accident.
// auth.ts finds out who calls before any of this runs; nothing here reads cookies, headers or the store.
import type { Context, MiddlewareHandler } from 'hono';
import { ForbiddenError, UnauthenticatedError } from '../errors.ts';
import { isTeamPermission, type Permission } from './permissions.ts';

export type { Permission } from './permissions.ts';

/** Who calls. */
export interface Actor {
  /** The user's id, also where a token of theirs calls. */
  readonly id: string;
  /** As events name them: `ann`, or `ann/ci` for her token `ci`. */
  readonly name: string;
  readonly kind: 'user' | 'token';
  /** The password is one that somebody else set: nothing but choosing another one is open, also to tokens. */
  readonly mustChangePassword?: boolean;
  /** Whether the permission is held in `team`; without a team: in at least one. */
  can(permission: Permission, team?: string): boolean;
  /** Teams in which the permission is held: null everywhere, empty nowhere. */
  teams(permission: Permission): readonly string[] | null;
}

/** What middleware leaves for handlers. */
export interface ApiEnv {
  Variables: {
    requestId: string;
    actor?: Actor;
    /** The session or token that the call came with; accounts.ts and tokens.ts read it. */
    credential?: { readonly kind: 'session' | 'token'; readonly id: string };
  };
}

/** What a route declares: a permission, any signed-in actor, a signed-in person's session, or nobody in particular. */
export type Declared = Permission | 'any' | 'session' | 'public';

const declared = new WeakMap<object, Declared>();
/** What a middleware of this file declares; undefined for any other handler. */
export const declaredBy = (handler: object): Declared | undefined => declared.get(handler);

/**
 * The middleware of a route that needs `permission`.
 * A team permission passes when it is held in at least one team: the handler then calls `requireTeam` as soon as it
 * knows the team (or filters by `actor(c).teams(permission)`). `any`: whoever is signed in; `session`: not with a token.
 * @param options.beforeOwnPassword open also to those who have not chosen their own password yet
 * @throws UnauthenticatedError without a valid session or token, ForbiddenError without the permission or before an own password
 */
export function secured(permission: Permission | 'any' | 'session', { beforeOwnPassword = false } = {}): MiddlewareHandler<ApiEnv> {
  const middleware: MiddlewareHandler<ApiEnv> = async (c, next) => {
    const caller = actor(c);
    if (caller.mustChangePassword === true && !beforeOwnPassword) throw new ForbiddenError('password-change-needed', OWN_PASSWORD[caller.kind]);
    if (permission === 'session') {
      if (caller.kind !== 'user') throw new ForbiddenError('session-needed', 'An API token cannot do this: sign in with your name and password.');
    } else if (permission !== 'any' && !caller.can(permission)) throw lacks(caller, permission);
    await next();
  };
  declared.set(middleware, permission);
  return middleware;
}

const OWN_PASSWORD = {
  user: 'Your password was set by somebody else: choose your own first (POST /me/password, the console, or `firn login`).',
  token: 'The password of this token\'s owner was set by somebody else: the token works again when they have chosen their own.',
} as const;

/** The middleware of a route that anybody may call; the test knows the short list of them. */
export function publicRoute(): MiddlewareHandler<ApiEnv> {
  const middleware: MiddlewareHandler<ApiEnv> = (_c, next) => next();
  declared.set(middleware, 'public');
  return middleware;
}

/** Who calls. @throws UnauthenticatedError on a public route when nobody is signed in */
export function actor(c: Context<ApiEnv>): Actor {
  const caller = c.get('actor');
  if (caller === undefined) throw new UnauthenticatedError('not-signed-in', 'Sign in first: send a session cookie, or an API token as `Authorization: Bearer firn_…`.');
  return caller;
}

/** The session or token of the caller, for counting. */
export const credentialOf = (c: Context<ApiEnv>): string => c.get('credential')?.id ?? '';

/** @throws ForbiddenError unless the caller holds the permission in this team */
export function requireTeam(c: Context<ApiEnv>, permission: Permission, team: string): void {
  const caller = actor(c);
  if (!caller.can(permission, team)) throw lacks(caller, permission, team);
}

function lacks(caller: Actor, permission: Permission, team?: string): ForbiddenError {
  const where = team === undefined || !isTeamPermission(permission) ? '' : ` in team "${team}"`;
  const held = team === undefined ? null : caller.teams(permission);
  const elsewhere = held !== null && held.length > 0 ? ` (you have it in ${held.map((name) => `"${name}"`).join(', ')})` : '';
  return new ForbiddenError('permission-missing', `${caller.name} lacks the permission ${permission}${where}${elsewhere}.`);
}
