// Types of answers for which the contract exports the schema and no type of its own. Types only: nothing of the server is bundled.
import type { AddressHistory, Token, TokenCreated, User, JoinTokens, JoinTokenCreated, JoinTokenDraft, NetworkDraft, Scope, TokenDraft, UserDraft, UserEdit, HostEdit } from '#server/http/contract/index.ts';

type Of<S extends { _zod: { output: unknown } }> = S['_zod']['output'];
type In<S extends { _zod: { input: unknown } }> = S['_zod']['input'];

export type UserAccount = Of<typeof User>;
export type ApiToken = Of<typeof Token>;
export type ApiTokenCreated = Of<typeof TokenCreated>;
export type TokenScope = Of<typeof Scope>;
export type AddressSpan = Of<typeof AddressHistory>['items'][number];
export type JoinTokenItem = Of<typeof JoinTokens>['items'][number];
export type JoinTokenAnswer = Of<typeof JoinTokenCreated>;
export type JoinTokenAsk = In<typeof JoinTokenDraft>;
export type NetworkAsk = In<typeof NetworkDraft>;
export type TokenAsk = In<typeof TokenDraft>;
export type UserAsk = In<typeof UserDraft>;
export type UserChange = In<typeof UserEdit>;
export type HostChange = In<typeof HostEdit>;

/** What /usage answers: a short history that the server keeps in memory, oldest first. */
export interface UsageHistory {
  readonly points: readonly { readonly at: string; readonly cpuMilli: number; readonly memoryMib: number }[];
}
