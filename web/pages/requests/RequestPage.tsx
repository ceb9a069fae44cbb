// One request: what was asked, what it was quoted, who decided and why; while it waits, the place to approve, deny or withdraw it.
import { useParams } from '@solidjs/router';
import { useQuery } from '@tanstack/solid-query';
import { createSignal, For, Show, type JSX } from 'solid-js';
import type { CapacityRequest } from '#server/http/contract/index.ts';
import { can } from '../../api/can.ts';
import { mutations } from '../../api/mutations.ts';
import { queries } from '../../api/queries.ts';
import { toneOf } from '../../format/tone.ts';
import { paths } from '../../paths.ts';
import { useAct } from '../../shell/act.ts';
import { t } from '../../shell/preferences.ts';
import { because, useSession } from '../../shell/session.ts';
import { show } from '../../shell/show.ts';
import { Button, ButtonLink } from '../../ui/Button.tsx';
import { ReasonDialog } from '../../ui/Dialog.tsx';
import { Loaded } from '../../ui/Loaded.tsx';
import { Fact, PageHead, Panel } from '../../ui/Panel.tsx';
import { Badge, Chip } from '../../ui/State.tsx';
import { QuoteView } from './QuoteView.tsx';

const nameOf = ({ draft }: CapacityRequest) => `${draft.service}.${draft.environment}`;

export default function RequestPage(): JSX.Element {
  const params = useParams<{ id: string }>();
  const request = useQuery(() => queries.request(params.id));
  return (
    <Loaded query={request}>
      {(now) => (
        <>
          <PageHead
            title={t().requests.one(nameOf(now()))}
            crumbs={[{ href: paths.requests(), text: t().requests.title }]}
            lead={
              <span class="flex flex-wrap items-center gap-2">
                <Badge tone={toneOf.request(now().state)}>{t().states.request[now().state]}</Badge>
                <span title={show.moment(now().submittedAt)}>{t().requests.submittedBy(now().submittedBy, show.ago(now().submittedAt))}</span>
              </span>
            }
            cli={[`firn request show ${now().id}`, ...(now().state === 'waiting' ? [`firn request approve ${now().id}`, `firn request deny ${now().id} --why '…'`] : [])]}
            actions={<Actions request={now()} />}
          />
          <div class="grid grid-cols-1 items-start gap-5 lg:grid-cols-[minmax(0,4fr)_minmax(0,6fr)]">
            <div class="flex min-w-0 flex-col gap-5">
              <Decision request={now()} />
              <Asked request={now()} />
            </div>
            <Panel flush title={t().requests.answered} aside={t().requests.answeredLead}>
              <QuoteView quote={now().quote} asked={now().draft} />
            </Panel>
          </div>
        </>
      )}
    </Loaded>
  );
}

function Actions(props: { readonly request: CapacityRequest }): JSX.Element {
  const { me } = useSession();
  const act = useAct();
  const [asking, setAsking] = createSignal<'approve' | 'deny' | 'withdraw' | null>(null);
  const close = () => setAsking(null);
  const topics = ['requests', 'services', 'plans'];
  const name = () => nameOf(props.request);
  const over = () => {
    const { after, limit } = props.request.quote.quota;
    const parts = [after.cpuMilli > limit.cpuMilli ? show.cores(after.cpuMilli - limit.cpuMilli) : '', after.memoryMib > limit.memoryMib ? show.memory(after.memoryMib - limit.memoryMib) : ''].filter((part) => part !== '');
    return parts.length === 0 ? t().requests.approveLeadWithin : t().requests.approveLead(parts.join(', '));
  };
  return (
    <Show when={props.request.state === 'waiting'} fallback={<ButtonLink href={paths.service(props.request.draft.service, { environment: props.request.draft.environment })}>{t().requests.openService}</ButtonLink>}>
      <Button tone="quiet" refused={because(can.withdraw(me(), props.request))} onClick={() => setAsking('withdraw')}>
        {t().requests.withdraw}
      </Button>
      <Button tone="danger" refused={because(can.decide(me(), props.request))} onClick={() => setAsking('deny')}>
        {t().requests.deny}
      </Button>
      <Button tone="primary" icon="check" refused={because(can.decide(me(), props.request))} onClick={() => setAsking('approve')}>
        {t().requests.approve}
      </Button>
      <ReasonDialog open={asking() === 'approve'} onClose={close} title={t().requests.approveTitle(name())} lead={over()} confirm={t().requests.approve} reason="optional" placeholder={t().requests.approvePlaceholder} onConfirm={(reason) => act(mutations.approve(props.request.id, reason), { topics, done: t().requests.approved })} />
      <ReasonDialog open={asking() === 'deny'} onClose={close} title={t().requests.denyTitle(name())} lead={t().requests.denyLead} confirm={t().requests.deny} tone="danger" reason="required" placeholder={t().requests.denyPlaceholder} onConfirm={(reason) => act(mutations.deny(props.request.id, reason), { topics, done: t().requests.deniedDone })} />
      <ReasonDialog open={asking() === 'withdraw'} onClose={close} title={t().requests.withdrawTitle(name())} lead={t().requests.withdrawLead} confirm={t().requests.withdraw} reason="none" onConfirm={() => act(mutations.withdraw(props.request.id), { topics, done: t().requests.withdrawn })} />
    </Show>
  );
}

function Decision(props: { readonly request: CapacityRequest }): JSX.Element {
  return (
    <Show when={props.request.decidedAt}>
      {(at) => (
        <Panel title={t().requests.decision}>
          <p>{t().requests.decidedBy(t().states.request[props.request.state], props.request.decidedBy ?? '', show.ago(at()))}</p>
          <p class="text-muted mt-1">{props.request.decisionReason === null || props.request.decisionReason === '' ? t().requests.noReason : `“${props.request.decisionReason}”`}</p>
        </Panel>
      )}
    </Show>
  );
}

function Asked(props: { readonly request: CapacityRequest }): JSX.Element {
  const draft = () => props.request.draft;
  const caps = () => [draft().caps.perHost === undefined ? '' : `${t().ask.perHost}: ${draft().caps.perHost}`, draft().caps.perRack === undefined ? '' : `${t().ask.perRack}: ${draft().caps.perRack}`, draft().caps.perSite === undefined ? '' : `${t().ask.perSite}: ${draft().caps.perSite}`].filter((text) => text !== '');
  const labels = () => [...Object.entries(draft().labels).map(([key, value]) => `${key}=${value}`), ...draft().tolerations];
  return (
    <Panel title={t().requests.asked}>
      <Show when={draft().why}>
        <blockquote class="border-accent text-muted mb-4 border-l-2 pl-3">{draft().why}</blockquote>
      </Show>
      <dl class="grid grid-cols-2 gap-x-4 gap-y-3">
        <Fact name={t().common.team}>{draft().team}</Fact>
        <Fact name={t().common.environment}>{draft().environment}</Fact>
        <Fact name={t().ask.peakQps}>{t().services.qps(show.number(draft().peakQps))}</Fact>
        <Fact name={t().ask.headroom}>{show.percent(draft().headroomPermille, 1000)}</Fact>
        <Fact name={t().ask.cpuMs}>{show.number(draft().profile.cpuMsPerRequest)} ms</Fact>
        <Fact name={t().ask.memoryBase}>{show.memory(draft().profile.memoryBaseMib)}</Fact>
        <Fact name={t().ask.memoryPerQps}>{show.number(draft().profile.memoryKibPerQps)} KiB</Fact>
        <Show when={draft().profile.maxQps}>{(most) => <Fact name={t().ask.maxQps}>{t().services.qps(show.number(most()))}</Fact>}</Show>
        <Fact name={t().services.facts.survive}>{t().states.survive[draft().survive]}</Fact>
        <Fact name={t().ask.cloud}>{t().services.cloud[draft().cloud]}</Fact>
        <Show when={draft().run}>
          {(run) => (
            <Fact wide name={t().ask.image}>
              <code class="code break-all">{run().image ?? run().build}</code>
            </Fact>
          )}
        </Show>
      </dl>
      <Show when={caps().length + labels().length > 0}>
        <div class="mt-3 flex flex-wrap gap-1">
          <For each={[...caps(), ...labels()]}>{(text) => <Chip>{text}</Chip>}</For>
        </div>
      </Show>
    </Panel>
  );
}
