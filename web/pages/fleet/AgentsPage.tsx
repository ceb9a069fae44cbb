// Agents of the fleet: certificates and who claims to be whom, the versions that run, and upgrades with their canary.
import { A } from '@solidjs/router';
import { useQuery } from '@tanstack/solid-query';
import { createSignal, For, Show, type JSX } from 'solid-js';
import type { AgentVersions, FleetAuthority, IdentityAlarm, UpgradeView } from '#server/http/contract/index.ts';
import { can } from '../../api/can.ts';
import { dataOf } from '../../api/data.ts';
import { fleetMutations, fleetQueries } from '../../api/fleet.ts';
import { UpgradeDialog } from '../../forms/UpgradeDialog.tsx';
import { paths } from '../../paths.ts';
import { useAct } from '../../shell/act.ts';
import { t } from '../../shell/preferences.ts';
import { because, useSession } from '../../shell/session.ts';
import { show } from '../../shell/show.ts';
import { Button } from '../../ui/Button.tsx';
import { ReasonDialog } from '../../ui/Dialog.tsx';
import { Empty, Loaded } from '../../ui/Loaded.tsx';
import { MeterLine } from '../../ui/Meter.tsx';
import { Fact, PageHead, Panel } from '../../ui/Panel.tsx';
import { Badge, Chip, Dot, type Tone } from '../../ui/State.tsx';
import { Table, Td, Th, Tr } from '../../ui/Table.tsx';

const UPGRADE: Readonly<Record<UpgradeView['state'], Tone>> = { running: 'busy', paused: 'wait', done: 'ok', aborted: 'off' };

export default function AgentsPage(): JSX.Element {
  const { me } = useSession();
  const [starting, setStarting] = createSignal(false);
  const authority = useQuery(() => fleetQueries.authority());
  const alarms = useQuery(() => fleetQueries.alarms());
  const versions = useQuery(() => fleetQueries.versions());
  const upgrades = useQuery(() => fleetQueries.upgrades());
  const open = () => (dataOf(alarms) ?? []).filter(({ answer }) => answer === null);
  const start = () => (
    <Button tone="primary" icon="up" refused={because(can.editHost(me()))} onClick={() => setStarting(true)}>
      {t().agents.upgrades.start}
    </Button>
  );
  return (
    <>
      <PageHead title={t().agents.title} crumbs={[{ href: paths.hosts(), text: t().fleet.title }]} lead={t().agents.lead} cli={['firn fleet identity', 'firn fleet versions', 'firn fleet upgrade start']} actions={start()} />
      <div class="flex flex-col gap-5">
        <For each={open()}>{(alarm) => <Alarm alarm={alarm} />}</For>
        <div class="grid grid-cols-1 gap-5 min-[72rem]:grid-cols-2">
          <Panel title={t().agents.authority.title}>
            <Loaded query={authority}>{(now) => <Authority authority={now()} />}</Loaded>
          </Panel>
          <Panel flush title={t().agents.versions.title} aside={<Show when={dataOf(versions)}>{(now) => `${t().agents.versions.server(now().serverVersion)} · ${t().agents.versions.outdated(now().outdated)}`}</Show>}>
            <Loaded query={versions}>{(now) => <Versions versions={now()} />}</Loaded>
          </Panel>
        </div>
        <Panel flush title={t().agents.upgrades.title}>
          <Loaded query={upgrades} empty={<Empty icon="up" title={t().agents.upgrades.none}>{t().agents.upgrades.noneLead}</Empty>}>
            {(all) => (
              <ul class="divide-line divide-y">
                <For each={all()}>{(each) => <Upgrade upgrade={each} />}</For>
              </ul>
            )}
          </Loaded>
        </Panel>
      </div>
      <Show when={starting()}>
        <UpgradeDialog onClose={() => setStarting(false)} />
      </Show>
    </>
  );
}

function Authority(props: { readonly authority: FleetAuthority }): JSX.Element {
  const until = (instant: string | null) => (instant === null ? t().common.nothing : show.moment(instant));
  return (
    <dl class="grid grid-cols-1 gap-x-4 gap-y-3 sm:grid-cols-2">
      <Fact wide name={t().agents.authority.speaks}>
        {t().agents.authority.tls[props.authority.tls]}
      </Fact>
      <Fact wide name={t().agents.authority.fingerprint}>
        <code class="code break-all">{props.authority.caSha256 ?? t().common.nothing}</code>
      </Fact>
      <Fact name={t().agents.authority.until}>{until(props.authority.caNotAfter)}</Fact>
      <Fact name={t().agents.authority.serverUntil}>{until(props.authority.serverNotAfter)}</Fact>
      <Fact name={t().agents.authority.names}>{props.authority.serverNames.join(', ')}</Fact>
      <Fact name={t().agents.authority.hosts}>
        <span class="flex flex-wrap gap-1">
          <Chip>{t().agents.authority.certified(props.authority.hosts.certified)}</Chip>
          <Show when={props.authority.hosts.withoutCertificate > 0}>
            <Chip>{t().agents.authority.without(props.authority.hosts.withoutCertificate)}</Chip>
          </Show>
          <Show when={props.authority.hosts.expired > 0}>
            <Chip>{t().agents.authority.expired(props.authority.hosts.expired)}</Chip>
          </Show>
          <Show when={props.authority.hosts.revoked > 0}>
            <Chip>{t().agents.authority.revoked(props.authority.hosts.revoked)}</Chip>
          </Show>
        </span>
      </Fact>
    </dl>
  );
}

function Versions(props: { readonly versions: AgentVersions }): JSX.Element {
  return (
    <Show when={props.versions.running.length > 0} fallback={<p class="text-muted px-4 py-6 text-center text-sm">{t().agents.versions.none}</p>}>
      <Table
        label={t().agents.versions.title}
        head={
          <>
            <Th>{t().agents.versions.version}</Th>
            <Th right>{t().agents.versions.hosts}</Th>
            <Th>{t().agents.versions.works}</Th>
            <Th>{t().agents.versions.upgrades}</Th>
          </>
        }
      >
        <For each={props.versions.running}>
          {(each) => (
            <Tr>
              <Td mono>{each.version}</Td>
              <Td right>
                <span title={each.names.join(', ')}>{show.number(each.hosts)}</span>
              </Td>
              <Td>
                <Dot tone={each.works ? 'ok' : 'bad'}>{each.works ? t().agents.versions.yes : t().agents.versions.no}</Dot>
              </Td>
              <Td>{each.upgrades ? t().agents.versions.yes : t().common.nothing}</Td>
            </Tr>
          )}
        </For>
      </Table>
    </Show>
  );
}

function Alarm(props: { readonly alarm: IdentityAlarm }): JSX.Element {
  const { me } = useSession();
  const act = useAct();
  const [asking, setAsking] = createSignal<'keep' | 'newcomer' | null>(null);
  const machine = (title: string, of: IdentityAlarm['known']) => (
    <Fact name={title}>
      {of.hostname ?? t().common.nothing} <code class="code">{of.address}</code>
    </Fact>
  );
  return (
    <section role="alert" class="border-bad/50 bg-bad-soft rounded-lg border p-4">
      <p class="text-bad font-semibold">
        {t().agents.alarms.title}:{' '}
        <A href={paths.host(props.alarm.host)} class="underline">
          {props.alarm.host}
        </A>
      </p>
      <p class="mt-1 text-sm break-words">
        {props.alarm.message} ({t().agents.alarms.evidence[props.alarm.evidence]}; {t().agents.alarms.attempts(props.alarm.attempts)}, {show.ago(props.alarm.lastAt)})
      </p>
      <dl class="mt-2 grid grid-cols-1 gap-3 sm:grid-cols-2">
        {machine(t().agents.alarms.known, props.alarm.known)}
        {machine(t().agents.alarms.newcomer, props.alarm.newcomer)}
      </dl>
      <div class="mt-3 flex flex-wrap gap-2">
        <Button size="sm" refused={because(can.editHost(me()))} onClick={() => setAsking('keep')}>
          {t().agents.alarms.keep}
        </Button>
        <Button size="sm" tone="danger" refused={because(can.editHost(me()))} onClick={() => setAsking('newcomer')}>
          {t().agents.alarms.newcomerIs}
        </Button>
      </div>
      <ReasonDialog
        open={asking() !== null}
        onClose={() => setAsking(null)}
        title={t().agents.alarms.title2}
        lead={asking() === 'keep' ? t().agents.alarms.keep : t().agents.alarms.newcomerIs}
        confirm={asking() === 'keep' ? t().agents.alarms.keep : t().agents.alarms.newcomerIs}
        reason="required"
        onConfirm={(reason) => act(fleetMutations.answerAlarm(props.alarm.id, asking() ?? 'keep', reason), { topics: ['identities', 'hosts'], done: asking() === 'keep' ? t().agents.alarms.kept : t().agents.alarms.replaced })}
      />
    </section>
  );
}

function Upgrade(props: { readonly upgrade: UpgradeView }): JSX.Element {
  const act = useAct();
  const [asking, setAsking] = createSignal<'pause' | 'resume' | 'abort' | null>(null);
  const all = () => props.upgrade.counts.waiting + props.upgrade.counts.underWay + props.upgrade.counts.done + props.upgrade.counts.failed;
  return (
    <li class="flex flex-col gap-2 px-4 py-3">
      <div class="flex flex-wrap items-center justify-between gap-3">
        <p class="flex flex-wrap items-center gap-2">
          <Badge tone={UPGRADE[props.upgrade.state]}>{t().agents.upgrades.states[props.upgrade.state]}</Badge>
          <span class="font-medium">{t().agents.upgrades.to(props.upgrade.version)}</span>
          <span class="text-faint text-sm">
            {props.upgrade.createdBy}, {show.ago(props.upgrade.createdAt)}
          </span>
        </p>
        <span class="flex gap-2">
          <Show when={props.upgrade.mayPause}>
            <Button size="sm" icon="pause" onClick={() => setAsking('pause')}>
              {t().agents.upgrades.pause}
            </Button>
          </Show>
          <Show when={props.upgrade.mayResume}>
            <Button size="sm" tone="primary" onClick={() => setAsking('resume')}>
              {t().agents.upgrades.resume}
            </Button>
          </Show>
          <Show when={props.upgrade.mayAbort}>
            <Button size="sm" tone="danger" onClick={() => setAsking('abort')}>
              {t().agents.upgrades.abort}
            </Button>
          </Show>
        </span>
      </div>
      <MeterLine
        name={props.upgrade.stateReason}
        whole={Math.max(1, all())}
        parts={[
          { amount: props.upgrade.counts.done, tone: 'used' },
          { amount: props.upgrade.counts.underWay, tone: 'allocated' },
        ]}
        text={t().agents.upgrades.counts(show.number(props.upgrade.counts.done), show.number(all()))}
        {...(props.upgrade.counts.failed > 0 ? { note: t().agents.upgrades.failed(props.upgrade.counts.failed) } : {})}
      />
      <ReasonDialog open={asking() !== null} onClose={() => setAsking(null)} title={t().agents.upgrades.verbTitle} confirm={t().agents.upgrades[asking() ?? 'pause']} reason="optional" onConfirm={(reason) => act(fleetMutations.actOnUpgrade(props.upgrade.id, asking() ?? 'pause', reason), { topics: ['upgrades'], done: t().agents.upgrades.done })} />
    </li>
  );
}
