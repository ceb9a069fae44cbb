// Users and teams, for admins: who is there, which roles they have, and switching one off.
import { useQuery } from '@tanstack/solid-query';
import { createSignal, For, Show, type JSX } from 'solid-js';
import type { User } from '#server/http/contract/index.ts';
import { can } from '../api/can.ts';
import { dataOf } from '../api/data.ts';
import { mutations } from '../api/mutations.ts';
import { queries } from '../api/queries.ts';
import { TeamDialog, UserDialog } from '../forms/PeopleDialogs.tsx';
import { useAct } from '../shell/act.ts';
import { t } from '../shell/preferences.ts';
import { because, useSession } from '../shell/session.ts';
import { show } from '../shell/show.ts';
import { Button } from '../ui/Button.tsx';
import { CommandLine } from '../ui/Cli.tsx';
import { ReasonDialog } from '../ui/Dialog.tsx';
import { Empty, Loaded } from '../ui/Loaded.tsx';
import { PageHead, Panel } from '../ui/Panel.tsx';
import { Badge, Chip } from '../ui/State.tsx';
import { Table, Td, Th, Tr } from '../ui/Table.tsx';

export default function PeoplePage(): JSX.Element {
  const { me } = useSession();
  const refused = () => because(can.manageAccounts(me()));
  const users = useQuery(() => ({ ...queries.users(), enabled: refused() === null }));
  const teams = useQuery(() => queries.teams());
  const [open, setOpen] = createSignal<'user' | 'team' | null>(null);
  const [edited, setEdited] = createSignal<User | null>(null);
  const close = (): void => {
    setOpen(null);
    setEdited(null);
  };
  return (
    <>
      <PageHead title={t().accounts.people.title} lead={t().accounts.people.lead} cli={['firn user list', 'firn team list']} />
      <div class="grid grid-cols-1 items-start gap-5 xl:grid-cols-[minmax(0,2fr)_minmax(0,1fr)]">
        <Panel flush title={t().accounts.people.users} aside={<Button size="sm" icon="ask" refused={refused()} onClick={() => setOpen('user')}>{t().accounts.people.addUser}</Button>}>
          <Show when={refused() === null} fallback={<p class="text-muted px-4 py-8 text-center">{refused()}</p>}>
            <Loaded query={users}>
              {(all) => (
                <Table
                  label={t().accounts.people.users}
                  class="min-w-xl"
                  head={
                    <>
                      <Th>{t().common.name}</Th>
                      <Th>{t().accounts.people.grants}</Th>
                      <Th>{t().common.state}</Th>
                      <Th>{t().accounts.people.since}</Th>
                      <Th>
            <span class="sr-only">{t().common.more}</span>
          </Th>
                    </>
                  }
                >
                  <For each={all()}>{(user) => <Row user={user} onEdit={() => setEdited(user)} />}</For>
                </Table>
              )}
            </Loaded>
          </Show>
        </Panel>
        <Panel flush title={t().accounts.people.teams} aside={<Button size="sm" icon="ask" refused={refused()} onClick={() => setOpen('team')}>{t().accounts.people.addTeam}</Button>}>
          <Loaded query={teams} empty={<Empty icon="people" title={t().accounts.people.noTeams} action={<CommandLine command="firn team create NAME" />}>{t().accounts.people.noTeamsLead}</Empty>}>
            {(all) => (
              <ul class="divide-line divide-y">
                <For each={all()}>
                  {(team) => (
                    <li class="flex items-baseline justify-between gap-3 px-4 py-2.5">
                      <span class="font-medium">{team.name}</span>
                      <span class="text-muted text-sm">{team.title}</span>
                    </li>
                  )}
                </For>
              </ul>
            )}
          </Loaded>
        </Panel>
      </div>
      <Show when={open() === 'team'}>
        <TeamDialog onClose={close} />
      </Show>
      <Show when={open() === 'user' || edited() !== null}>
        <UserDialog user={edited()} teams={(dataOf(teams) ?? []).map(({ name }) => name)} onClose={close} />
      </Show>
    </>
  );
}

function Row(props: { readonly user: User; readonly onEdit: () => void }): JSX.Element {
  const act = useAct();
  const [asking, setAsking] = createSignal(false);
  const change = (disabled: boolean) => act(mutations.editUser(props.user.id, { disabled }), { topics: ['accounts'], done: t().accounts.people.userChanged });
  return (
    <Tr>
      <Td class="font-medium">{props.user.name}</Td>
      <Td>
        <span class="flex flex-wrap gap-1">
          <For each={props.user.grants} fallback={<span class="text-faint">{t().common.nothing}</span>}>
            {(grant) => <Chip>{t().accounts.account.roleIn(t().states.role[grant.role], grant.team ?? t().accounts.account.everywhere)}</Chip>}
          </For>
        </span>
      </Td>
      <Td>
        <Badge tone={props.user.disabled ? 'off' : 'ok'}>{props.user.disabled ? t().accounts.people.disabled : t().accounts.people.active}</Badge>
      </Td>
      <Td class="text-muted whitespace-nowrap">{show.ago(props.user.createdAt)}</Td>
      <Td right class="whitespace-nowrap">
        <Button size="sm" tone="quiet" icon="edit" onClick={() => props.onEdit()}>
          {t().common.edit}
        </Button>
        <Show when={props.user.disabled} fallback={<Button size="sm" tone="quiet" onClick={() => setAsking(true)}>{t().accounts.people.disable}</Button>}>
          <Button size="sm" tone="quiet" onClick={() => void change(false)}>
            {t().accounts.people.enable}
          </Button>
        </Show>
        <ReasonDialog open={asking()} onClose={() => setAsking(false)} title={t().accounts.people.disableTitle(props.user.name)} lead={t().accounts.people.disableLead} confirm={t().accounts.people.disable} tone="danger" reason="none" onConfirm={() => change(true)} />
      </Td>
    </Tr>
  );
}
