// One rollout, live: where it is on its way, what it waits for and who ends the wait, every replica with the release that it runs, the
// gates with their figures, what the new release would cost, and what may be done now; afterwards whether what runs is what was released.
import { A, useParams } from '@solidjs/router';
import { useQuery } from '@tanstack/solid-query';
import { Show, type JSX } from 'solid-js';
import type { RolloutDetail } from '#server/http/contract/index.ts';
import { queries } from '../../api/queries.ts';
import { isEnded, promotionText, shareText, workloadName } from '../../format/rollout.ts';
import { toneOf } from '../../format/tone.ts';
import { paths } from '../../paths.ts';
import { language, t } from '../../shell/preferences.ts';
import { show } from '../../shell/show.ts';
import { ButtonLink } from '../../ui/Button.tsx';
import { Icon } from '../../ui/Icon.tsx';
import { Loaded, Skeleton } from '../../ui/Loaded.tsx';
import { Meter } from '../../ui/Meter.tsx';
import { Fact, PageHead, Panel } from '../../ui/Panel.tsx';
import { Badge, Chip } from '../../ui/State.tsx';
import { EventList } from '../EventList.tsx';
import { ReadinessFacts, ReadinessLight } from './ReadinessView.tsx';
import { RolloutActions } from './RolloutActions.tsx';
import { LastWords, RolloutCells } from './RolloutCells.tsx';
import { CostQuote, RolloutGates } from './RolloutGates.tsx';
import { RolloutRail } from './RolloutRail.tsx';
import { RolloutWait } from './RolloutWait.tsx';

export default function RolloutPage(): JSX.Element {
  const params = useParams<{ id: string }>();
  const rollout = useQuery(() => queries.rollout(params.id));
  return (
    <Loaded query={rollout} skeleton={<Skeleton lines={8} />}>
      {(now) => (
        <>
          <PageHead
            title={t().rollouts.name(workloadName(now()), t().releases.version(now().from.version), t().releases.version(now().to.version))}
            crumbs={[{ href: paths.rollouts(), text: t().rollouts.title }]}
            lead={
              <span class="flex flex-wrap items-center gap-x-3 gap-y-1">
                <Badge tone={toneOf.rollout(now().phase)}>{t().rollouts.phases[now().phase]}</Badge>
                <Show when={now().kind === 'rollback'}>
                  <Chip>{t().rollouts.kinds.rollback}</Chip>
                </Show>
                <span>{t().rollouts.leads[now().phase]}</span>
              </span>
            }
            cli={[`firn rollout watch ${now().service} -e ${now().environment}`, ...now().may.filter(({ allowed }) => allowed).map(({ verb }) => (verb === 'roll-back' ? `firn rollback ${now().service} -e ${now().environment} --why '…'` : `firn rollout ${verb} ${now().service} -e ${now().environment}`))]}
            actions={<RolloutActions rollout={now()} />}
          />
          <div class="flex flex-col gap-5">
            <RolloutWait rollout={now()} />
            <Panel flush>
              <RolloutRail rollout={now()} />
              <Progress rollout={now()} />
            </Panel>
            <Show when={now().phase === 'held' ? now().figures?.extra : null}>{(extra) => <CostQuote extra={extra()} rollout={now()} />}</Show>
            <div class="grid grid-cols-1 items-start gap-5 lg:grid-cols-[minmax(0,7fr)_minmax(0,4fr)]">
              <div class="flex min-w-0 flex-col gap-5">
                <Show when={isEnded(now())}>
                  <Verified rollout={now()} />
                </Show>
                <RolloutCells rollout={now()} />
                <LastWords members={now().members} />
                <RolloutGates rollout={now()} />
              </div>
              <div class="flex min-w-0 flex-col gap-5">
                <Show when={isEnded(now()) ? null : now().readiness}>
                  {(readiness) => (
                    <Panel title={t().rollouts.readiness.title} aside={<ReadinessLight readiness={readiness()} />}>
                      <ReadinessFacts readiness={readiness()} />
                    </Panel>
                  )}
                </Show>
                <Who rollout={now()} />
                <Panel flush title={t().rollouts.events}>
                  <EventList subject={workloadName(now())} limit={12} none={t().rollouts.noEvents} compact />
                </Panel>
              </div>
            </div>
          </div>
        </>
      )}
    </Loaded>
  );
}

function Progress(props: { readonly rollout: RolloutDetail }): JSX.Element {
  const replicas = () => props.rollout.replicas;
  const text = () => t().rollouts.onNew(show.number(replicas().onNew), show.number(replicas().wanted));
  return (
    <div class="border-line flex flex-col gap-2 border-t px-4 py-3">
      <Meter label={t().rollouts.progress} text={text()} whole={Math.max(1, replicas().wanted)} parts={[{ amount: replicas().onNew, tone: 'allocated' }, { amount: Math.max(0, replicas().target - replicas().onNew), tone: 'added' }]} />
      <p class="flex flex-wrap gap-x-4 gap-y-1 text-sm">
        <span class="font-medium" data-testid="rollout-progress">
          {text()}
        </span>
        <Show when={replicas().onOld > 0}>
          <span class="text-muted">{t().rollouts.onOldToo(show.number(replicas().onOld))}</span>
        </Show>
      </p>
    </div>
  );
}

/** Once it is over: whether every host runs the image that was released. */
function Verified(props: { readonly rollout: RolloutDetail }): JSX.Element {
  const verified = () => props.rollout.verified;
  const isWhole = () => verified() !== null && verified()!.matching === verified()!.of;
  return (
    <Panel title={t().rollouts.verified.title} aside={<ButtonLink size="sm" href={paths.service(props.rollout.service, { environment: props.rollout.environment })}>{t().rollouts.openService}</ButtonLink>}>
      <div class="flex items-start gap-3">
        <span class={`rounded-full p-2 ${isWhole() ? 'bg-ok-soft text-ok' : 'bg-warn-soft text-warn'}`}>
          <Icon name={isWhole() ? 'shield' : 'clock'} class="size-5" />
        </span>
        <div>
          <p class="font-medium">
            <Show when={verified()} fallback={t().rollouts.leads[props.rollout.phase]}>
              {(counts) => (isWhole() ? t().rollouts.verified.all(show.number(counts().of)) : t().rollouts.verified.some(show.number(counts().matching), show.number(counts().of)))}
            </Show>
          </p>
          <p class="text-muted text-sm">{t().rollouts.verified.lead}</p>
        </div>
      </div>
    </Panel>
  );
}

function Who(props: { readonly rollout: RolloutDetail }): JSX.Element {
  const strategy = () => props.rollout.strategy;
  const share = (value: NonNullable<RolloutDetail['strategy']['surge']>) => shareText(value, t(), language());
  return (
    <Panel title={t().rollouts.strategy.title} aside={<A class="textlink" href={paths.release(props.rollout.to.releaseId, { against: props.rollout.from.releaseId })}>{t().rollouts.openRelease}</A>}>
      <dl class="grid grid-cols-2 gap-x-4 gap-y-3">
        <Fact name={t().rollouts.startedBy}>
          {props.rollout.startedBy}{' '}
          <span class="text-faint text-sm" title={show.moment(props.rollout.startedAt)}>
            {show.ago(props.rollout.startedAt)}
          </span>
        </Fact>
        <Show when={props.rollout.endedAt}>
          {(at) => (
            <Fact name={t().rollouts.endedAt}>
              <span title={show.moment(at())}>{show.ago(at())}</span>
            </Fact>
          )}
        </Show>
        <Show when={props.rollout.why}>
          <Fact wide name={t().rollouts.why}>
            {props.rollout.why}
          </Fact>
        </Show>
        <Fact wide name={t().rollouts.strategy.steps}>
          {strategy().steps.map((step) => `${share(step.target)} (${promotionText(step.promotion, t(), language())})`).join(' → ')}
        </Fact>
        <Fact name={t().rollouts.strategy.order}>{t().rollouts.strategy.orders[strategy().order ?? 'start-first']}</Fact>
        <Show when={(strategy().order ?? 'start-first') === 'start-first' ? strategy().surge : undefined}>{(surge) => <Fact name={t().rollouts.strategy.surge}>{share(surge())}</Fact>}</Show>
        <Show when={strategy().order === 'stop-first' ? strategy().unavailable : undefined}>{(missing) => <Fact name={t().rollouts.strategy.unavailable}>{share(missing())}</Fact>}</Show>
        <Fact name={t().rollouts.strategy.onFailure}>{t().rollouts.strategy.failureWays[strategy().onFailure ?? 'roll-back']}</Fact>
      </dl>
    </Panel>
  );
}
