// Users and teams, for those who hold accounts.manage; and the very first user, without whom nobody could sign in.
// A password that somebody else chose is marked, and a changed one signs its user out everywhere. The last admin stays.
import { createRoute } from '@hono/zod-openapi';
import type { Context } from '../context.ts';
import { accountById, accountByName, countAdmins, countUsers, deleteSessionsOf, insertTeam, insertUser, listAccounts, listTeams, replaceGrants, teamByName, updateUser, type Account } from '../db/accounts.ts';
import { appendEvent } from '../db/events.ts';
import type { Reader, Tx } from '../db/store.ts';
import { ConflictError, InvalidError, NotFoundError, type FieldError } from '../errors.ts';
import { Team, TeamDraft, Teams, User, UserDraft, UserEdit, Users } from './contract/accounts.ts';
import { Id, z } from './contract/common.ts';
import { hashPassword, newPassword } from './passwords.ts';
import type { Grant } from './permissions.ts';
import { answer, conflict, jsonBody, newApi, notFound, problems } from './problem.ts';
import { actor, secured } from './secured.ts';

const FIRST_ADMIN = 'admin';

/**
 * Creates the user `admin` when there is no user at all, with `password` or a random one. The password is kept nowhere in
 * clear: print it, it cannot be asked for again.
 * @returns null when there are users already
 */
export async function ensureFirstAdmin(context: Context, password?: string): Promise<{ readonly name: string; readonly password: string } | null> {
  if ((await context.store.read(countUsers)) > 0) return null;
  const chosen = password ?? newPassword();
  const passwordHash = await hashPassword(chosen);
  const id = context.ids.next();
  const now = context.clock.now();
  return context.store.tx(async (tx) => {
    if ((await countUsers(tx)) > 0) return null;
    await insertUser(tx, { id, name: FIRST_ADMIN, passwordHash, mustChangePassword: password === undefined, disabled: false, createdAt: now }, [{ team: null, role: 'admin' }]);
    await appendEvent(tx, { at: now, actor: 'firn', kind: 'user.created', subjectType: 'user', subjectId: id, subject: FIRST_ADMIN, team: null, message: 'The first user was created', why: 'there was none' });
    return { name: FIRST_ADMIN, password: chosen };
  });
}

const getUsers = createRoute({
  method: 'get',
  path: '/users',
  operationId: 'listUsers',
  summary: 'All users',
  middleware: secured('accounts.manage'),
  responses: { ...answer(200, 'By name', Users), ...problems },
});
const postUser = createRoute({
  method: 'post',
  path: '/users',
  operationId: 'createUser',
  summary: 'Create a user',
  middleware: secured('accounts.manage'),
  request: { body: jsonBody(UserDraft) },
  responses: { ...answer(201, 'Created', User), ...problems, ...conflict },
});
const patchUser = createRoute({
  method: 'patch',
  path: '/users/{id}',
  operationId: 'editUser',
  summary: "Change a user's roles or password, or disable them",
  middleware: secured('accounts.manage'),
  request: { params: z.object({ id: Id }), body: jsonBody(UserEdit) },
  responses: { ...answer(200, 'As it is now', User), ...problems, ...notFound, ...conflict },
});
const getTeams = createRoute({
  method: 'get',
  path: '/teams',
  operationId: 'listTeams',
  summary: 'All teams',
  middleware: secured('read'),
  responses: { ...answer(200, 'By name', Teams), ...problems },
});
const postTeam = createRoute({
  method: 'post',
  path: '/teams',
  operationId: 'createTeam',
  summary: 'Create a team',
  middleware: secured('accounts.manage'),
  request: { body: jsonBody(TeamDraft) },
  responses: { ...answer(201, 'Created', Team), ...problems, ...conflict },
});

const userView = ({ id, name, grants, disabled, createdAt }: Account) => ({ id, name, grants: [...grants], disabled, createdAt: new Date(createdAt).toISOString() });

/** `/users` and `/teams`. */
export function accountsApi(context: Context) {
  return newApi()
    .openapi(getUsers, async (c) => c.json({ items: (await context.store.read(listAccounts)).map(userView), next: null }, 200))
    .openapi(postUser, async (c) => c.json(await createUser(context, actor(c).name, c.req.valid('json')), 201))
    .openapi(patchUser, async (c) => c.json(await editUser(context, actor(c), c.req.valid('param').id, c.req.valid('json')), 200))
    .openapi(getTeams, async (c) => {
      const rows = await context.store.read(listTeams);
      return c.json({ items: rows.map(({ id, name, title }) => ({ id, name, title })), next: null }, 200);
    })
    .openapi(postTeam, async (c) => {
      const { name, title } = c.req.valid('json');
      const id = context.ids.next();
      const at = context.clock.now();
      await context.store.tx(async (tx) => {
        if ((await teamByName(tx, name)) !== undefined) throw taken('team', name);
        await insertTeam(tx, { id, name, title, createdAt: at });
        await appendEvent(tx, { at, actor: actor(c).name, kind: 'team.created', subjectType: 'team', subjectId: id, subject: name, team: name, message: `Team ${name} was created`, why: null });
      });
      return c.json({ id, name, title }, 201);
    });
}

async function createUser(context: Context, by: string, draft: z.infer<typeof UserDraft>) {
  const passwordHash = await hashPassword(draft.password);
  const id = context.ids.next();
  const at = context.clock.now();
  const user = { id, name: draft.name, passwordHash, mustChangePassword: true, disabled: false, createdAt: at };
  const grants = unique(draft.grants);
  await context.store.tx(async (tx) => {
    if ((await accountByName(tx, draft.name)) !== undefined) throw taken('user', draft.name);
    await checkGrants(tx, grants);
    await insertUser(tx, user, grants);
    await record(tx, at, by, 'user.created', user, `User ${draft.name} was created: ${inWords(grants)}`);
  });
  return userView({ ...user, grants });
}

async function editUser(context: Context, by: { readonly id: string; readonly name: string }, id: string, edit: z.infer<typeof UserEdit>) {
  const passwordHash = edit.password === undefined ? undefined : await hashPassword(edit.password);
  const grants = edit.grants === undefined ? undefined : unique(edit.grants);
  const at = context.clock.now();
  return context.store.tx(async (tx) => {
    const before = await accountById(tx, id);
    if (before === undefined) throw new NotFoundError('user-unknown', `There is no user with the id "${id}".`);
    if (grants !== undefined) await checkGrants(tx, grants);
    const disabled = edit.disabled ?? before.disabled;
    await keepAnAdmin(tx, before, disabled, grants ?? before.grants);
    if (disabled && by.id === id) throw new ConflictError('user-self', 'You cannot disable yourself.');
    await updateUser(tx, id, { disabled, ...(passwordHash === undefined ? {} : { passwordHash, mustChangePassword: by.id !== id }) });
    if (grants !== undefined) await replaceGrants(tx, id, grants);
    if (passwordHash !== undefined || (disabled && !before.disabled)) await deleteSessionsOf(tx, id);
    const changes = [
      ...(grants === undefined ? [] : [`roles are now ${inWords(grants)}`]),
      ...(passwordHash === undefined ? [] : ['the password was set anew; all sessions ended, and API tokens rest until the user has chosen another password']),
      ...(disabled === before.disabled ? [] : [disabled ? 'was disabled' : 'was enabled']),
    ];
    await record(tx, at, by.name, 'user.changed', before, `User ${before.name}: ${changes.join(', ') || 'nothing changed'}`);
    return userView({ ...before, disabled, grants: grants ?? before.grants });
  });
}

/** `sre` and `admin` hold for the whole cluster: naming a team with them would promise a limit that is not there. */
async function checkGrants(reader: Reader, grants: readonly Grant[]): Promise<void> {
  const errors: FieldError[] = [];
  for (const [index, { team, role }] of grants.entries()) {
    if (team === null) continue;
    if (role === 'sre' || role === 'admin') errors.push({ field: `grants[${index}].team`, value: team, message: `must be null, because ${role} is for the whole cluster`, allowed: 'null' });
    else if ((await teamByName(reader, team)) === undefined) errors.push({ field: `grants[${index}].team`, value: team, message: 'is not a team', allowed: (await listTeams(reader)).map(({ name }) => name).join(', ') || 'no team exists yet' });
  }
  if (errors.length > 0) throw new InvalidError('grants-invalid', errors.map(({ field, value, message }) => `${field} is "${String(value)}": ${message}.`).join(' '), errors);
}

async function keepAnAdmin(reader: Reader, user: Account, disabled: boolean, grants: readonly Grant[]): Promise<void> {
  const was = !user.disabled && user.grants.some(({ role }) => role === 'admin');
  const stays = !disabled && grants.some(({ role }) => role === 'admin');
  if (was && !stays && (await countAdmins(reader, user.id)) === 0) throw new ConflictError('admin-last', `${user.name} is the last admin: make another user admin first.`);
}

const unique = (grants: readonly Grant[]): Grant[] => [...new Map(grants.map((grant) => [`${grant.role} ${grant.team ?? ''}`, grant])).values()];
const inWords = (grants: readonly Grant[]): string => grants.map(({ team, role }) => (team === null ? role : `${role} of ${team}`)).join(', ') || 'no role';
const taken = (what: string, name: string): ConflictError => new ConflictError(`${what}-exists`, `There is a ${what} called "${name}" already.`, [{ field: 'name', value: name, message: 'is taken' }]);

async function record(tx: Tx, at: number, by: string, kind: string, user: { readonly id: string; readonly name: string }, message: string): Promise<void> {
  await appendEvent(tx, { at, actor: by, kind, subjectType: 'user', subjectId: user.id, subject: user.name, team: null, message, why: null });
}
