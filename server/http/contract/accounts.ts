// Who may: users, sessions, API tokens, teams and roles.
import { Id, Instant, Name, list, z } from './common.ts';

export const Role = z.enum(['viewer', 'developer', 'sre', 'admin']);
export type Role = z.infer<typeof Role>;
/** `team` null: in every team. `sre` and `admin` are always for the whole cluster. */
export const Grant = z.strictObject({ team: Name.nullable(), role: Role }).openapi('Grant');
export type Grant = z.infer<typeof Grant>;
export const Login = z.strictObject({ name: z.string().min(1).max(60), password: z.string().min(1).max(1024) }).openapi('Login');
export type Login = z.infer<typeof Login>;
export const Me = z
  .object({ id: Id, name: z.string(), grants: z.array(Grant), permissions: z.record(z.string(), z.array(z.string()).nullable()).openapi({ description: 'permission -> teams in which it holds; null: everywhere' }), via: z.enum(['session', 'token']), mustChangePassword: z.boolean() })
  .openapi('Me');
export type Me = z.infer<typeof Me>;
const Password = z.string().min(10, 'must have at least 10 characters').max(1024);
export const PasswordChange = z.strictObject({ current: z.string().max(1024), next: Password }).openapi('PasswordChange');
export type PasswordChange = z.infer<typeof PasswordChange>;
export const PasswordChanged = z
  .object({ sessionsEnded: z.int(), tokens: z.array(z.string()).openapi({ description: 'names of API tokens that go on as they were: they do not depend on the password' }) })
  .openapi('PasswordChanged');
export type PasswordChanged = z.infer<typeof PasswordChanged>;
export const UserDraft = z.strictObject({ name: Name, password: Password, grants: z.array(Grant).max(100) }).openapi('UserDraft');
export type User = z.infer<typeof User>;
export type UserDraft = z.infer<typeof UserDraft>;
export const UserEdit = z.strictObject({ grants: z.array(Grant).max(100).optional(), password: Password.optional(), disabled: z.boolean().optional() }).openapi('UserEdit');
export type UserEdit = z.infer<typeof UserEdit>;
export const User = z.object({ id: Id, name: z.string(), grants: z.array(Grant), disabled: z.boolean(), createdAt: Instant }).openapi('User');
export const Users = list(User).openapi('Users');
export type Users = z.infer<typeof Users>;
export const TeamDraft = z.strictObject({ name: Name, title: z.string().max(100).default('') }).openapi('TeamDraft');
export type TeamDraft = z.infer<typeof TeamDraft>;
export const Team = z.object({ id: Id, name: z.string(), title: z.string() }).openapi('Team');
export type Team = z.infer<typeof Team>;
export const Teams = list(Team).openapi('Teams');
export type Teams = z.infer<typeof Teams>;
export const Scope = z.enum(['read', 'request', 'deploy', 'operate', 'push', 'admin']);
export type Scope = z.infer<typeof Scope>;
export const TokenDraft = z.strictObject({ name: Name, scopes: z.array(Scope).min(1), team: Name.nullable().default(null), expiresInSeconds: z.int().min(60).max(31_536_000).default(2_592_000) }).openapi('TokenDraft');
export type Token = z.infer<typeof Token>;
export type TokenDraft = z.infer<typeof TokenDraft>;
export const Token = z.object({ id: Id, name: z.string(), scopes: z.array(Scope), team: z.string().nullable(), createdAt: Instant, expiresAt: Instant, lastUsedAt: Instant.nullable() }).openapi('Token');
export const TokenCreated = Token.extend({ secret: z.string().openapi({ description: 'shown once' }) }).openapi('TokenCreated');
export type TokenCreated = z.infer<typeof TokenCreated>;
export const Tokens = list(Token).openapi('Tokens');
export type Tokens = z.infer<typeof Tokens>;
