// One release. Where it does not run: the scheduler's plan for each step, how the rollout goes, what changes and what stands in the way, and
// the button that starts it. Where it runs: what it is, and what is different from another one.
import { A, useNavigate, useParams, useSearchParams } from '@solidjs/router';
import { useQuery } from '@tanstack/solid-query';
import { createSignal, Show, type JSX } from 'solid-js';
import type { ReleaseView, RolloutView } from '#server/http/contract/index.ts';
import { can } from '../../api/can.ts';
import { dataOf } from '../../api/data.ts';
import { queries } from '../../api/queries.ts';
import { workloadName } from '../../format/rollout.ts';
import { toneOf } from '../../format/tone.ts';
import { paths } from '../../paths.ts';
import { t } from '../../shell/preferences.ts';
import { because, useSession } from '../../shell/session.ts';
import { show } from '../../shell/show.ts';
import { Button, ButtonLink } from '../../ui/Button.tsx';
import { Select } from '../../ui/Field.tsx';
import { Loaded, Skeleton } from '../../ui/Loaded.tsx';
import { PageHead, Panel } from '../../ui/Panel.tsx';
import { Badge } from '../../ui/State.tsx';
import { FreezeBanner, LockBanner } from './Guards.tsx';
import { ReleaseDiffView } from './ReleaseDiffView.tsx';
import { ReleaseFacts } from './ReleaseFacts.tsx';
import { ReleaseSteps } from './ReleaseSteps.tsx';
import { RollBackDialog } from './RollBackDialog.tsx';
import { StartRollout } from './StartRollout.tsx';

export default function ReleasePage(): JSX.Element {
  const params = useParams<{ id: string }>();
  const release = useQuery(() => ({ ...queries.release(params.id), reconcile: false as const }));
  return (
    <Loaded query={release} skeleton={<Skeleton lines={8} />}>
      {(now) => <Release release={now()} />}
    </Loaded>
  );
}

function Release(props: { readonly release: ReleaseView }): JSX.Element {
  const [search] = useSearchParams<{ against?: string }>();
  const all = useQuery(() => ({ ...queries.releases(props.release.service, props.release.environment), reconcile: false as const }));
  const active = useQuery(() => queries.activeRollouts());
  const underWay = () => (dataOf(active) ?? []).find(({ workloadId }) => workloadId === props.release.workloadId);
  const [isStarting, setIsStarting] = createSignal(false);
  const mayStart = () => isStarting() || (!props.release.isCurrent && underWay() === undefined);
  const others = () => (dataOf(all) ?? []).filter(({ id }) => id !== props.release.id);
  const current = () => others().find(({ isCurrent }) => isCurrent);
  /** What it is compared with until somebody chooses: what runs now, or of what runs now the one before. */
  const against = () => search.against ?? (props.release.isCurrent ? others().find(({ version }) => version < props.release.version)?.id : current()?.id);
  const name = () => workloadName(props.release);
  const of = () => `${props.release.service} -e ${props.release.environment}`;
  return (
    <>
      <PageHead
        title={t().releases.names(name(), props.release.version)}
        crumbs={[
          { href: paths.services(), text: t().services.title },
          { href: paths.service(props.release.service, { environment: props.release.environment, tab: 'releases' }), text: name() },
        ]}
        lead={<Lead release={props.release} />}
        cli={[`firn release show ${of()} --release ${props.release.version}`, `firn release diff ${of()} --release ${props.release.version}`, ...(props.release.isCurrent ? [] : [`firn rollout start ${of()} --to ${props.release.version} --why '…'`])]}
        actions={<Actions release={props.release} current={current()} />}
      />
      <Show when={mayStart()}>
        <ReleaseSteps compose={false} composeHref={paths.makeRelease(props.release.service, { environment: props.release.environment })} />
      </Show>
      <LockBanner workloadId={props.release.workloadId} workload={name()} team={props.release.team} />
      <FreezeBanner environment={props.release.environment} />
      <Show when={mayStart() ? undefined : underWay()}>{(rollout) => <UnderWay rollout={rollout()} />}</Show>
      <Show
        when={mayStart()}
        fallback={
          <div class="grid grid-cols-1 items-start gap-5 lg:grid-cols-[minmax(0,7fr)_minmax(0,5fr)]">
            <Difference release={props.release} others={others()} against={against()} />
            <ReleaseFacts release={props.release} />
          </div>
        }
      >
        <StartRollout release={props.release} onStarting={setIsStarting} diff={<Difference release={props.release} others={others()} against={against()} />} facts={<ReleaseFacts release={props.release} />} />
      </Show>
    </>
  );
}

function Lead(props: { readonly release: ReleaseView }): JSX.Element {
  const words = () => t().releases.page;
  return (
    <span class="flex flex-wrap items-center gap-x-3 gap-y-1">
      <Badge tone={props.release.isCurrent ? 'ok' : 'off'}>{props.release.isCurrent ? words().current : props.release.replicas > 0 ? words().running(props.release.replicas) : words().idle}</Badge>
      <Show when={props.release.imageState === 'gone'}>
        <Badge tone={toneOf.image(props.release.imageState)} title={words().imageGone}>
          {words().imageState[props.release.imageState]}
        </Badge>
      </Show>
      <span>
        {words().by(props.release.createdBy, '')}
        <span title={show.moment(props.release.createdAt)}>{show.ago(props.release.createdAt)}</span>
      </span>
      <Show when={props.release.note}>{(note) => <span class="text-ink">{note()}</span>}</Show>
    </span>
  );
}

function Actions(props: { readonly release: ReleaseView; readonly current: ReleaseView | undefined }): JSX.Element {
  const { me } = useSession();
  const navigate = useNavigate();
  const [asking, setAsking] = createSignal(false);
  const isOlder = () => props.current !== undefined && props.release.version < props.current.version;
  const refused = () => because(can.runRollout(me(), props.release.team)) ?? (props.release.imageState === 'gone' ? t().releases.back.gone : null);
  return (
    <>
      <ButtonLink href={paths.makeRelease(props.release.service, { environment: props.release.environment })} icon="ask">
        {t().releases.release}
      </ButtonLink>
      <Show when={isOlder() ? props.current : undefined}>
        {(current) => (
          <>
            <Button tone="danger" icon="undo" refused={refused()} onClick={() => setAsking(true)}>
              {t().releases.page.rollBack}
            </Button>
            <RollBackDialog open={asking()} onClose={() => setAsking(false)} from={current()} to={props.release} onStarted={(id) => navigate(paths.rollout(id))} />
          </>
        )}
      </Show>
    </>
  );
}

function UnderWay(props: { readonly rollout: RolloutView }): JSX.Element {
  const name = () => t().rollouts.name(workloadName(props.rollout), t().releases.version(props.rollout.from.version), t().releases.version(props.rollout.to.version));
  return (
    <div class="bg-info-soft text-info mb-5 flex flex-wrap items-center justify-between gap-3 rounded-md px-4 py-2.5" role="status">
      <span>{t().releases.page.underWay(name())}</span>
      <A href={paths.rollout(props.rollout.id)} class="font-medium underline">
        {t().releases.page.watch}
      </A>
    </div>
  );
}

function Difference(props: { readonly release: ReleaseView; readonly others: readonly ReleaseView[]; readonly against: string | undefined }): JSX.Element {
  const navigate = useNavigate();
  const diff = useQuery(() => ({ ...queries.releaseDiff(props.release.id, props.against), reconcile: false as const }));
  const options = () => props.others.map(({ id, version, isCurrent }) => ({ value: id, text: isCurrent ? `${t().releases.version(version)} · ${t().releases.page.current}` : t().releases.version(version) }));
  return (
    <Panel flush title={t().releases.page.diff}>
      <Show when={props.others.length > 0}>
        <div class="border-line border-b px-4 py-3">
          <Select class="max-w-64" label={t().releases.page.compareWith} value={props.against ?? ''} options={options()} onInput={(against) => navigate(paths.release(props.release.id, { against }), { replace: true, scroll: false })} />
        </div>
      </Show>
      <Loaded query={diff} skeleton={<Skeleton lines={4} />}>
        {(now) => <ReleaseDiffView diff={now()} />}
      </Loaded>
    </Panel>
  );
}
