// Where containers get their addresses, and the tokens with which machines become hosts.
import { useQuery } from '@tanstack/solid-query';
import { createSignal, For, Show, type JSX } from 'solid-js';
import type { JoinToken, NetworkView } from '#server/http/contract/index.ts';
import { can } from '../../api/can.ts';
import { dataOf } from '../../api/data.ts';
import { mutations } from '../../api/mutations.ts';
import { queries } from '../../api/queries.ts';
import { JoinTokenDialog } from '../../forms/JoinTokenDialog.tsx';
import { NetworkDialog } from '../../forms/NetworkDialog.tsx';
import { paths } from '../../paths.ts';
import { useAct } from '../../shell/act.ts';
import { t } from '../../shell/preferences.ts';
import { because, useSession } from '../../shell/session.ts';
import { show } from '../../shell/show.ts';
import { Button, ButtonLink } from '../../ui/Button.tsx';
import { CommandLine } from '../../ui/Cli.tsx';
import { Empty, Loaded } from '../../ui/Loaded.tsx';
import { Meter } from '../../ui/Meter.tsx';
import { PageHead, Panel } from '../../ui/Panel.tsx';
import { Badge, Chip } from '../../ui/State.tsx';
import { Table, Td, Th, Tr } from '../../ui/Table.tsx';

export default function NetworksPage(): JSX.Element {
  const { me } = useSession();
  const [adding, setAdding] = createSignal<'network' | 'token' | null>(null);
  const networks = useQuery(() => queries.networks());
  const tokens = useQuery(() => ({ ...queries.joinTokens(), enabled: can.joinHosts(me()) === null }));
  return (
    <>
      <PageHead title={t().fleet.networks.title} lead={t().fleet.networks.lead} cli={['firn network list', 'firn host token list', 'firn host token create --help']} actions={<ButtonLink icon="search" href={paths.addresses()}>{t().fleet.networks.lookup}</ButtonLink>} />
      <div class="flex flex-col gap-5">
        <Panel flush title={t().fleet.tokens.title} aside={<Button size="sm" tone="primary" icon="key" refused={because(can.joinHosts(me()))} onClick={() => setAdding('token')}>{t().fleet.tokens.add}</Button>}>
          <Show when={can.joinHosts(me()) === null} fallback={<p class="text-muted px-4 py-8 text-center">{because(can.joinHosts(me()))}</p>}>
            <Loaded query={tokens} empty={<Empty icon="key" title={t().fleet.tokens.empty} action={<CommandLine command="firn host token create --kind physical --site SITE --rack RACK --mode flat --network NETWORK" />}>{t().fleet.tokens.emptyLead}</Empty>}>
              {(all) => <Tokens tokens={all()} />}
            </Loaded>
          </Show>
        </Panel>
        <Panel flush title={t().fleet.networks.networks} aside={<Button size="sm" icon="ask" refused={because(can.addNetwork(me()))} onClick={() => setAdding('network')}>{t().fleet.networks.add}</Button>}>
          <Loaded query={networks} empty={<Empty icon="networks" title={t().fleet.networks.empty} action={<CommandLine command="firn network add NAME --site SITE --range 10.20.0.0/20 --gateway 10.20.0.1 --first 10.20.0.10 --last 10.20.15.250" />}>{t().fleet.networks.emptyLead}</Empty>}>
            {(all) => <Networks networks={all()} />}
          </Loaded>
        </Panel>
      </div>
      <Show when={adding() === 'token'}>
        <JoinTokenDialog networks={dataOf(networks) ?? []} onClose={() => setAdding(null)} />
      </Show>
      <Show when={adding() === 'network'}>
        <NetworkDialog onClose={() => setAdding(null)} />
      </Show>
    </>
  );
}

function Networks(props: { readonly networks: readonly NetworkView[] }): JSX.Element {
  return (
    <Table
      label={t().fleet.networks.networks}
      class="min-w-3xl"
      head={
        <>
          <Th>{t().common.name}</Th>
          <Th>{t().common.site}</Th>
          <Th>{t().fleet.networks.mode}</Th>
          <Th>{t().fleet.networks.cidr}</Th>
          <Th>{t().fleet.networks.gateway}</Th>
          <Th class="w-48">{t().fleet.networks.held}</Th>
          <Th right>{t().fleet.networks.quarantined}</Th>
          <Th right>{t().fleet.networks.free}</Th>
        </>
      }
    >
      <For each={props.networks}>
        {(network) => (
          <Tr>
            <Td class="font-medium">{network.name}</Td>
            <Td class="text-muted">{network.site}</Td>
            <Td>
              <Chip>{t().fleet.networks.modes[network.mode]}</Chip>
            </Td>
            <Td mono>
              {network.cidr}
              <span class="text-faint block">
                {network.first} – {network.last}
              </span>
            </Td>
            <Td mono>{network.gateway}</Td>
            <Td>
              <div class="flex flex-col gap-1">
                <span class="text-xs">{t().common.of(show.number(network.held), show.number(network.held + network.quarantined + network.free))}</span>
                <Meter thin label={t().fleet.networks.held} text={show.number(network.held)} whole={network.held + network.quarantined + network.free} parts={[{ amount: network.held, tone: 'allocated' }, { amount: network.quarantined, tone: 'reserved' }]} />
              </div>
            </Td>
            <Td right>{show.number(network.quarantined)}</Td>
            <Td right>{show.number(network.free)}</Td>
          </Tr>
        )}
      </For>
    </Table>
  );
}

function Tokens(props: { readonly tokens: readonly JoinToken[] }): JSX.Element {
  const { me } = useSession();
  const act = useAct();
  const isExpired = (token: JoinToken) => Date.parse(token.expiresAt) < Date.now();
  return (
    <Table
      label={t().fleet.tokens.title}
      class="min-w-2xl"
      head={
        <>
          <Th>{t().fleet.tokens.becomes}</Th>
          <Th>{t().common.site}</Th>
          <Th>{t().common.state}</Th>
          <Th>{t().fleet.tokens.expiresAt}</Th>
          <Th>{t().common.who}</Th>
          <Th>
            <span class="sr-only">{t().common.more}</span>
          </Th>
        </>
      }
    >
      <For each={props.tokens}>
        {(token) => (
          <Tr>
            <Td>
              {t().states.kind[token.kind]} <Chip>{t().fleet.networks.modes[token.mode]}</Chip>
            </Td>
            <Td class="text-muted">
              {token.site} / {token.rack}
            </Td>
            <Td>
              <Show when={token.usedBy} fallback={<Badge tone={isExpired(token) ? 'off' : 'busy'}>{isExpired(token) ? t().fleet.tokens.expired : t().fleet.tokens.unused}</Badge>}>
                {(host) => <Badge tone="ok">{t().fleet.tokens.usedBy(host())}</Badge>}
              </Show>
            </Td>
            <Td class="text-muted">{show.ago(token.expiresAt)}</Td>
            <Td class="text-muted">{token.createdBy}</Td>
            <Td right>
              <Show when={token.usedBy === null}>
                <Button size="sm" tone="quiet" refused={because(can.joinHosts(me()))} onClick={() => void act(mutations.removeJoinToken(token.id), { topics: ['networks'], done: t().fleet.tokens.revoked })}>
                  {t().fleet.tokens.revoke}
                </Button>
              </Show>
            </Td>
          </Tr>
        )}
      </For>
    </Table>
  );
}
