// Whether somebody who came in with a session or a token could come in with it now: for what stays open long after the call that opened it.
import type { Context } from '../context.ts';
import { accountById, sessionById, tokenById } from '../db/accounts.ts';
import { holdingsOf, holds, narrow, type Permission } from './permissions.ts';

/** What the bearer of a credential holds now; null: the credential has ended, or the person was locked out. */
export async function stillHolds({ store, clock }: Pick<Context, 'store' | 'clock'>, credential: { readonly kind: 'session' | 'token'; readonly id: string }): Promise<{ can(permission: Permission, team?: string): boolean } | null> {
  const now = clock.now();
  return await store.read(async (reader) => {
    const token = credential.kind === 'token' ? await tokenById(reader, credential.id) : undefined;
    const bearer = credential.kind === 'token' ? token : await sessionById(reader, credential.id);
    const account = bearer === undefined ? undefined : await accountById(reader, bearer.userId);
    if (bearer === undefined || account === undefined || account.disabled || bearer.expiresAt <= now) return null;
    const all = holdingsOf(account.grants);
    const holdings = token === undefined ? all : narrow(all, token.scopes, token.team);
    return { can: (permission, team) => holds(holdings, permission, team) };
  });
}
