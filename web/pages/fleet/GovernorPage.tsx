// The governor: how far automatic actions may reach without a person, how much of that is used, and what waits for a yes or a no.
import { useQuery } from '@tanstack/solid-query';
import { createSignal, For, Show, type JSX } from 'solid-js';
import type { GovernorView, HoldView } from '#server/http/contract/index.ts';
import { can } from '../../api/can.ts';
import { dataOf } from '../../api/data.ts';
import { fleetMutations, fleetQueries } from '../../api/fleet.ts';
import { GovernorDialog } from '../../forms/GovernorDialog.tsx';
import { paths } from '../../paths.ts';
import { useAct } from '../../shell/act.ts';
import { t } from '../../shell/preferences.ts';
import { because, useSession } from '../../shell/session.ts';
import { show } from '../../shell/show.ts';
import { Button } from '../../ui/Button.tsx';
import { ReasonDialog } from '../../ui/Dialog.tsx';
import { Empty, Loaded } from '../../ui/Loaded.tsx';
import { MeterLine } from '../../ui/Meter.tsx';
import { PageHead, Panel } from '../../ui/Panel.tsx';
import { Badge, type Tone } from '../../ui/State.tsx';
import { Table, Td, Th, Tr } from '../../ui/Table.tsx';
import { groundsText } from './HostEvidencePanel.tsx';

const ACTIONS = ['replace', 'retreat', 'upgrade'] as const;
const HOLD: Readonly<Record<HoldView['state'], Tone>> = { held: 'wait', released: 'ok', declined: 'bad', over: 'off' };
const SECOND_MS = 1000;
const WHOLE_PERMILLE = 1000;

export default function GovernorPage(): JSX.Element {
  const { me } = useSession();
  const governor = useQuery(() => fleetQueries.governor());
  const holds = useQuery(() => fleetQueries.holds());
  const [editing, setEditing] = createSignal(false);
  const past = () => (dataOf(holds) ?? []).filter(({ state }) => state !== 'held');
  return (
    <>
      <PageHead
        title={t().verdicts.governor.title}
        crumbs={[{ href: paths.hosts(), text: t().fleet.title }]}
        lead={t().verdicts.governor.lead}
        cli={['firn governor show', "firn governor release --why '…'"]}
        actions={
          <Button icon="edit" refused={because(can.editHost(me()))} onClick={() => setEditing(true)}>
            {t().verdicts.governor.edit}
          </Button>
        }
      />
      <Loaded query={governor}>
        {(now) => (
          <div class="flex flex-col gap-5">
            <Panel flush title={t().verdicts.governor.holds}>
              <Show when={now().holds.length > 0} fallback={<Empty icon="check" title={t().verdicts.governor.noHolds}>{t().verdicts.governor.noHoldsLead}</Empty>}>
                <ul class="divide-line divide-y">
                  <For each={now().holds}>{(hold) => <Hold hold={hold} />}</For>
                </ul>
              </Show>
            </Panel>
            <Limits governor={now()} />
            <Show when={past().length > 0}>
              <Panel flush title={t().verdicts.governor.past}>
                <ul class="divide-line divide-y">
                  <For each={past()}>{(hold) => <Hold hold={hold} />}</For>
                </ul>
              </Panel>
            </Show>
            <Show when={editing()}>
              <GovernorDialog settings={now().settings} onClose={() => setEditing(false)} />
            </Show>
          </div>
        )}
      </Loaded>
    </>
  );
}

function Limits(props: { readonly governor: GovernorView }): JSX.Element {
  const used = (action: (typeof ACTIONS)[number]) => props.governor.used.find((each) => each.action === action);
  return (
    <Panel flush title={t().verdicts.governor.title} aside={props.governor.updatedBy === null || props.governor.updatedAt === null ? t().verdicts.governor.defaults : t().verdicts.governor.updated(props.governor.updatedBy, show.ago(props.governor.updatedAt))}>
      <Table
        label={t().verdicts.governor.title}
        class="min-w-2xl"
        head={
          <>
            <Th>{t().verdicts.governor.columns.action}</Th>
            <Th>{t().verdicts.governor.columns.hosts}</Th>
            <Th>{t().verdicts.governor.columns.replicas}</Th>
            <Th>{t().verdicts.governor.columns.window}</Th>
            <Th class="w-64">{t().verdicts.governor.columns.used}</Th>
          </>
        }
      >
        <For each={ACTIONS}>
          {(action) => (
            <Tr>
              <Td class="font-medium">{t().verdicts.governor.actions[action]}</Td>
              <Td>{t().verdicts.governor.share(show.percent(props.governor.settings[action].hostPermille, WHOLE_PERMILLE))}</Td>
              <Td>{t().verdicts.governor.share(show.percent(props.governor.settings[action].replicaPermille, WHOLE_PERMILLE))}</Td>
              <Td>{show.duration(props.governor.settings[action].windowMs / SECOND_MS)}</Td>
              <Td>
                <MeterLine name={t().verdicts.governor.used} whole={Math.max(1, used(action)?.mostHosts ?? 1)} parts={[{ amount: used(action)?.hosts ?? 0, tone: 'used' }]} text={t().verdicts.governor.usedOf(show.number(used(action)?.hosts ?? 0), show.number(used(action)?.mostHosts ?? 0))} />
              </Td>
            </Tr>
          )}
        </For>
      </Table>
      <p class="border-line text-muted border-t px-4 py-3 text-sm">
        {t().verdicts.governor.away} {show.duration(props.governor.settings.awayMs / SECOND_MS)}.
      </p>
    </Panel>
  );
}

function Hold(props: { readonly hold: HoldView }): JSX.Element {
  const act = useAct();
  const [asking, setAsking] = createSignal<'release' | 'decline' | null>(null);
  const refused = () => (props.hold.mayDecide.may ? null : props.hold.mayDecide.reason);
  const decide = (verb: 'release' | 'decline', done: string) => (reason: string) => act(fleetMutations.decideHold(props.hold.id, verb, reason), { topics: ['governor', 'hosts'], done });
  return (
    <li class="px-4 py-4" data-testid="hold">
      <div class="flex flex-wrap items-start justify-between gap-3">
        <div class="min-w-0">
          <p class="flex flex-wrap items-center gap-2">
            <Badge tone={HOLD[props.hold.state]}>{t().verdicts.governor.states[props.hold.state]}</Badge>
            <span class="font-semibold">{t().verdicts.governor.actions[props.hold.action]}</span>
            <span class="text-faint text-sm" title={show.moment(props.hold.since)}>
              {show.ago(props.hold.since)}
            </span>
          </p>
          <p class="mt-1 break-words">{groundsText(props.hold.grounds)}</p>
        </div>
        <Show when={props.hold.state === 'held'}>
          <div class="flex flex-wrap gap-2">
            <Button size="sm" refused={refused()} onClick={() => setAsking('decline')}>
              {t().verdicts.governor.decline}
            </Button>
            <Button size="sm" tone="primary" refused={refused()} onClick={() => setAsking('release')}>
              {t().verdicts.governor.release}
            </Button>
          </div>
        </Show>
      </div>
      <p class="text-muted mt-2 text-sm">
        {t().verdicts.governor.would}: {props.hold.wouldDo}
      </p>
      <p class="text-muted mt-1 text-sm">
        {t().verdicts.governor.heldHosts(props.hold.hosts.length)}: {props.hold.hosts.map(({ name }) => name).join(', ')}
      </p>
      <ul class="text-faint mt-1 text-xs">
        <For each={props.hold.workloads}>{({ name, replicas, of }) => <li>{t().verdicts.governor.reaches(name, show.number(replicas), show.number(of))}</li>}</For>
      </ul>
      <Show when={props.hold.decidedBy}>
        {(who) => (
          <p class="text-muted mt-1 text-sm">
            {t().verdicts.timeline.by(who())}: “{props.hold.reason}”
          </p>
        )}
      </Show>
      <ReasonDialog open={asking() === 'release'} onClose={() => setAsking(null)} title={t().verdicts.governor.releaseTitle} lead={props.hold.wouldDo} confirm={t().verdicts.governor.release} tone="danger" reason="required" onConfirm={decide('release', t().verdicts.governor.released)} />
      <ReasonDialog open={asking() === 'decline'} onClose={() => setAsking(null)} title={t().verdicts.governor.declineTitle} lead={t().verdicts.governor.declineLead} confirm={t().verdicts.governor.decline} reason="required" onConfirm={decide('decline', t().verdicts.governor.declined)} />
    </li>
  );
}

/** On pages of the fleet, while something waits for a person. */
export function HoldBanner(): JSX.Element {
  const governor = useQuery(() => fleetQueries.governor());
  const waiting = () => dataOf(governor)?.holds.length ?? 0;
  return (
    <Show when={waiting() > 0}>
      <p role="alert" class="bg-warn-soft text-warn mb-5 flex flex-wrap items-center justify-between gap-3 rounded-md px-3 py-2">
        {t().verdicts.governor.banner(waiting())}
        <a href={paths.governor()} class="font-semibold underline">
          {t().verdicts.governor.bannerGo}
        </a>
      </p>
    </Show>
  );
}
