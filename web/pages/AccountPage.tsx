// The own account: roles, password, language and theme, API tokens.
import { useQuery } from '@tanstack/solid-query';
import { createSignal, For, Show, type JSX } from 'solid-js';
import type { Token } from '#server/http/contract/index.ts';
import { mutations } from '../api/mutations.ts';
import { queries } from '../api/queries.ts';
import { PasswordForm } from '../forms/PasswordForm.tsx';
import { TokenDialog } from '../forms/TokenDialog.tsx';
import type { Language } from '../format/units.ts';
import { useAct } from '../shell/act.ts';
import { language, setLanguage, setTheme, t, theme, type Theme } from '../shell/preferences.ts';
import { useSession } from '../shell/session.ts';
import { show } from '../shell/show.ts';
import { Button } from '../ui/Button.tsx';
import { CommandLine } from '../ui/Cli.tsx';
import { ReasonDialog } from '../ui/Dialog.tsx';
import { Segmented } from '../ui/Field.tsx';
import { Empty, Loaded } from '../ui/Loaded.tsx';
import { PageHead, Panel } from '../ui/Panel.tsx';
import { Chip } from '../ui/State.tsx';
import { Table, Td, Th, Tr } from '../ui/Table.tsx';

export default function AccountPage(): JSX.Element {
  const { me } = useSession();
  return (
    <>
      <PageHead title={t().accounts.account.title} lead={<span class="flex flex-wrap items-center gap-2"><strong class="text-ink">{me().name}</strong><For each={me().grants} fallback={<span>{t().accounts.account.noRoles}</span>}>{(grant) => <Chip>{t().accounts.account.roleIn(t().states.role[grant.role], grant.team ?? t().accounts.account.everywhere)}</Chip>}</For></span>} cli={['firn login', 'firn token list']} />
      <div class="grid grid-cols-1 items-start gap-5 lg:grid-cols-2">
        <Tokens />
        <div class="flex flex-col gap-5">
          <Panel title={t().accounts.account.password}>
            <PasswordForm />
          </Panel>
          <Panel title={t().accounts.account.looks}>
            <div class="flex flex-wrap gap-4">
              <Segmented label={t().shell.language} value={language()} options={[{ value: 'en', text: 'English' }, { value: 'zh', text: '中文' }]} onInput={(value) => void setLanguage(value as Language)} />
              <Segmented label={t().shell.theme} value={theme()} options={(['system', 'light', 'dark'] as const).map((value) => ({ value, text: t().shell.themes[value] }))} onInput={(value) => setTheme(value as Theme)} />
            </div>
          </Panel>
        </div>
      </div>
    </>
  );
}

function Tokens(): JSX.Element {
  const tokens = useQuery(() => queries.tokens());
  const [adding, setAdding] = createSignal(false);
  return (
    <Panel flush title={t().accounts.account.tokens} aside={<Button size="sm" icon="key" onClick={() => setAdding(true)}>{t().accounts.account.newToken}</Button>}>
      <p class="text-muted px-4 pt-3 text-sm">{t().accounts.account.tokensLead}</p>
      <Loaded query={tokens} empty={<Empty icon="key" title={t().accounts.account.noTokens} action={<CommandLine command={`firn login ${location.origin}`} />}>{t().accounts.account.noTokensLead}</Empty>}>
        {(all) => (
          <Table
            label={t().accounts.account.tokens}
            head={
              <>
                <Th>{t().common.name}</Th>
                <Th>{t().accounts.account.scopes}</Th>
                <Th>{t().accounts.account.lastUsed}</Th>
                <Th>{t().accounts.account.expires}</Th>
                <Th>
            <span class="sr-only">{t().common.more}</span>
          </Th>
              </>
            }
          >
            <For each={all()}>{(token) => <TokenRow token={token} />}</For>
          </Table>
        )}
      </Loaded>
      <Show when={adding()}>
        <TokenDialog onClose={() => setAdding(false)} />
      </Show>
    </Panel>
  );
}

function TokenRow(props: { readonly token: Token }): JSX.Element {
  const act = useAct();
  const [asking, setAsking] = createSignal(false);
  return (
    <Tr>
      <Td class="font-medium">{props.token.name}</Td>
      <Td>
        <span class="flex flex-wrap gap-1">
          <For each={props.token.scopes}>{(scope) => <Chip>{t().accounts.account.scopeShort[scope]}</Chip>}</For>
          <Show when={props.token.team}>{(team) => <Chip>{team()}</Chip>}</Show>
        </span>
      </Td>
      <Td class="text-muted whitespace-nowrap">{props.token.lastUsedAt === null ? t().accounts.account.never : show.ago(props.token.lastUsedAt)}</Td>
      <Td class="text-muted whitespace-nowrap">{show.ago(props.token.expiresAt)}</Td>
      <Td right>
        <Button size="sm" tone="quiet" onClick={() => setAsking(true)}>
          {t().accounts.account.revoke}
        </Button>
        <ReasonDialog open={asking()} onClose={() => setAsking(false)} title={t().accounts.account.revokeTitle(props.token.name)} lead={t().accounts.account.revokeLead} confirm={t().accounts.account.revoke} tone="danger" reason="none" onConfirm={() => act(mutations.removeToken(props.token.id), { topics: ['accounts'], done: t().accounts.account.revoked })} />
      </Td>
    </Tr>
  );
}
