// API tokens: everybody makes and deletes their own. A token holds no more than its owner, and one that is made with a
// token holds no more than that one and ends when it ends. The secret is told once, at creation.
import { createRoute } from '@hono/zod-openapi';
import type { Context } from '../context.ts';
import { deleteToken, insertToken, teamByName, tokenById, tokensOf, type TokenRow } from '../db/accounts.ts';
import { appendEvent } from '../db/events.ts';
import type { Tx } from '../db/store.ts';
import { ConflictError, ForbiddenError, InvalidError, NotFoundError } from '../errors.ts';
import { callerOf, tokenText } from './auth.ts';
import { TokenCreated, TokenDraft, Tokens } from './contract/accounts.ts';
import { Id, z } from './contract/common.ts';
import { digest, newSecret } from './passwords.ts';
import { answer, conflict, jsonBody, newApi, notFound, problems } from './problem.ts';
import { secured } from './secured.ts';

/** A person with more than this does not know any more which is used where. */
const MOST_TOKENS = 100;

const getTokens = createRoute({
  method: 'get',
  path: '/tokens',
  operationId: 'listTokens',
  summary: "One's own API tokens",
  middleware: secured('any'),
  responses: { ...answer(200, 'Newest first', Tokens), ...problems },
});
const postToken = createRoute({
  method: 'post',
  path: '/tokens',
  operationId: 'createToken',
  summary: 'Make an API token; its secret is shown once',
  middleware: secured('any'),
  request: { body: jsonBody(TokenDraft) },
  responses: { ...answer(201, 'Made', TokenCreated), ...problems, ...conflict },
});
const removeToken = createRoute({
  method: 'delete',
  path: '/tokens/{id}',
  operationId: 'deleteToken',
  summary: "Delete one of one's own API tokens: it ends at once",
  middleware: secured('any'),
  request: { params: z.object({ id: Id }) },
  responses: { 204: { description: 'Deleted' }, ...problems, ...notFound },
});

const instant = (ms: number): string => new Date(ms).toISOString();
const tokenView = ({ id, name, scopes, team, createdAt, expiresAt, lastUsedAt }: TokenRow) => ({
  id,
  name,
  scopes,
  team,
  createdAt: instant(createdAt),
  expiresAt: instant(expiresAt),
  lastUsedAt: lastUsedAt === null ? null : instant(lastUsedAt),
});

/** `/tokens`. */
export function tokensApi(context: Context) {
  return newApi()
    .openapi(getTokens, async (c) => {
      const { account } = callerOf(c);
      const rows = await context.store.read((reader) => tokensOf(reader, account.id));
      return c.json({ items: rows.map(tokenView), next: null }, 200);
    })
    .openapi(postToken, async (c) => {
      const { account, actor, credential } = callerOf(c);
      const draft = c.req.valid('json');
      const secret = newSecret();
      const now = context.clock.now();
      const asked: TokenRow = {
        id: context.ids.next(),
        userId: account.id,
        name: draft.name,
        secretHash: digest(secret),
        scopes: [...new Set(draft.scopes)],
        team: draft.team,
        createdAt: now,
        expiresAt: now + draft.expiresInSeconds * 1000,
        lastUsedAt: null,
      };
      const row = await context.store.tx(async (tx) => {
        await checkTeam(tx, asked, actor.can('read', asked.team ?? undefined));
        await checkCount(tx, asked);
        const row = credential.kind === 'token' ? await withinParent(tx, credential.id, asked) : asked;
        await insertToken(tx, row);
        const where = row.team === null ? '' : ` in team ${row.team}`;
        await appendEvent(tx, { at: now, actor: actor.name, kind: 'token.created', subjectType: 'token', subjectId: row.id, subject: `${account.name}/${row.name}`, team: null, message: `API token ${row.name} of ${account.name} was made: ${row.scopes.join(', ')}${where}`, why: null });
        return row;
      });
      return c.json({ ...tokenView(row), secret: tokenText(row.id, secret) }, 201);
    })
    .openapi(removeToken, async (c) => {
      const { account, actor } = callerOf(c);
      const { id } = c.req.valid('param');
      await context.store.tx(async (tx) => {
        const row = await tokenById(tx, id);
        if (row === undefined || row.userId !== account.id) throw new NotFoundError('token-unknown', `You have no API token with the id "${id}".`);
        await deleteToken(tx, row);
        await appendEvent(tx, { at: context.clock.now(), actor: actor.name, kind: 'token.deleted', subjectType: 'token', subjectId: id, subject: `${account.name}/${row.name}`, team: null, message: `API token ${row.name} of ${account.name} was deleted`, why: null });
      });
      return c.body(null, 204);
    });
}

async function checkTeam(tx: Tx, { team }: TokenRow, readable: boolean): Promise<void> {
  if (team === null) return;
  if ((await teamByName(tx, team)) === undefined || !readable) throw new InvalidError('team-unknown', `team is "${team}": it is not one of your teams.`, [{ field: 'team', value: team, message: 'is not one of your teams' }]);
}

async function checkCount(tx: Tx, { userId, name }: TokenRow): Promise<void> {
  const existing = await tokensOf(tx, userId);
  if (existing.some((token) => token.name === name)) throw new ConflictError('token-exists', `You have an API token called "${name}" already.`, [{ field: 'name', value: name, message: 'is taken' }]);
  if (existing.length >= MOST_TOKENS) throw new ConflictError('token-count', `You have ${MOST_TOKENS} API tokens, the most there can be: delete those that are not used.`);
}

/** A token that made a stronger one would be as strong as its owner. @returns the row, ending no later than the token that makes it */
async function withinParent(tx: Tx, parentId: string, row: TokenRow): Promise<TokenRow> {
  const parent = await tokenById(tx, parentId);
  if (parent === undefined) throw new ForbiddenError('token-stronger', 'The API token that you use is gone.');
  const wider = row.scopes.filter((scope) => !parent.scopes.includes(scope) && !parent.scopes.includes('admin'));
  if (wider.length > 0) throw new ForbiddenError('token-stronger', `A token made with "${parent.name}" cannot have the scope ${wider.join(', ')}, which that one does not have.`);
  if (parent.team !== null && row.team !== parent.team) throw new ForbiddenError('token-stronger', `A token made with "${parent.name}" must be for the team "${parent.team}".`);
  return { ...row, expiresAt: Math.min(row.expiresAt, parent.expiresAt) };
}
