// One plan as a diff by host: what starts, moves, is resized, stops or waits, each with its reason; totals before and after; what found no room.
import { A, useParams } from '@solidjs/router';
import { useQuery } from '@tanstack/solid-query';
import { createSignal, For, Show, type JSX } from 'solid-js';
import type { PlanDetail, PlanStep } from '#server/http/contract/index.ts';
import { can } from '../../api/can.ts';
import { mutations } from '../../api/mutations.ts';
import { queries } from '../../api/queries.ts';
import { toneOf } from '../../format/tone.ts';
import { paths } from '../../paths.ts';
import { useAct } from '../../shell/act.ts';
import { t } from '../../shell/preferences.ts';
import { because, useSession } from '../../shell/session.ts';
import { show } from '../../shell/show.ts';
import { Button } from '../../ui/Button.tsx';
import { ReasonDialog } from '../../ui/Dialog.tsx';
import { Loaded } from '../../ui/Loaded.tsx';
import { PageHead, Panel } from '../../ui/Panel.tsx';
import { Badge } from '../../ui/State.tsx';
import { Table, Td, Th, Tr } from '../../ui/Table.tsx';
import { Counts } from './PlansPage.tsx';
import { PlanProof, Verify } from './ProofBadge.tsx';
import { UnplacedList } from './UnplacedList.tsx';
import { WhyNotPanel } from './WhyNotPanel.tsx';

export default function PlanPage(): JSX.Element {
  const params = useParams<{ id: string }>();
  const { me } = useSession();
  const act = useAct();
  const [asking, setAsking] = createSignal(false);
  const plan = useQuery(() => queries.plan(params.id));
  return (
    <Loaded query={plan}>
      {(now) => (
        <>
          <PageHead
            title={t().plans.one(t().plans.verbs[now().verb] ?? now().verb)}
            crumbs={[{ href: paths.plans(), text: t().plans.title }]}
            lead={
              <span class="flex flex-wrap items-center gap-x-3 gap-y-1">
                <Badge tone={toneOf.plan(now().state)}>{t().states.plan[now().state]}</Badge>
                <Counts plan={now()} />
                <Show when={now().gap}>{(gap) => <PlanProof gap={gap()} planId={now().id} />}</Show>
                <span>{now().cause}</span>
                <span class="text-faint text-sm" title={show.moment(now().createdAt)}>
                  {now().createdBy}, {show.ago(now().createdAt)} · {t().plans.revision.toLowerCase()} {t().plans.revisionText(now().parent, now().revision)} · {t().plans.took(show.number(now().plannedMs))}
                </span>
              </span>
            }
            cli={[`firn plan show ${now().id}`, ...(now().state === 'proposed' ? [`firn plan apply ${now().id}`] : [])]}
            actions={
              <Show when={now().state === 'proposed'}>
                <Button tone="primary" icon="check" refused={because(can.applyPlan(me(), now()))} onClick={() => setAsking(true)}>
                  {t().plans.apply}
                </Button>
              </Show>
            }
          />
          <div class="grid grid-cols-1 items-start gap-5 xl:grid-cols-[minmax(0,1fr)_22rem]">
            <div class="flex min-w-0 flex-col gap-5">
              <Show when={now().unplaced.length > 0}>
                <UnplacedList named unplaced={now().unplaced} title={t().plans.unplaced} />
                <For each={now().unplaced}>{(each) => <WhatHelps workloadId={each.workloadId} workload={each.workload} />}</For>
              </Show>
              <Show when={now().postponed > 0}>
                <p class="bg-info-soft text-info rounded-md px-3 py-2 text-sm">{t().plans.postponed(now().postponed)}</p>
              </Show>
              <Diff steps={now().steps} />
            </div>
            <div class="flex min-w-0 flex-col gap-5">
              <Totals plan={now()} />
              <Panel title={t().proof.check}>
                <Verify planId={now().id} />
              </Panel>
              <Panel title={t().plans.text}>
                <pre class="code text-muted overflow-x-auto leading-5" tabindex="0">
                  {now().text}
                </pre>
              </Panel>
            </div>
          </div>
          <ReasonDialog open={asking()} onClose={() => setAsking(false)} title={t().plans.applyTitle} lead={t().plans.applyLead} confirm={t().plans.apply} reason="none" onConfirm={() => act(mutations.applyPlan(now().id), { topics: ['plans', 'services', 'hosts'], done: t().plans.applied })} />
        </>
      )}
    </Loaded>
  );
}

/** Opened on demand: what would help is dear to find out, and is of the fleet as it is now, not as it was then. */
function WhatHelps(props: { readonly workloadId: string; readonly workload: string }): JSX.Element {
  const [open, setOpen] = createSignal(false);
  return (
    <Show
      when={open()}
      fallback={
        <div>
          <Button size="sm" onClick={() => setOpen(true)}>
            {t().whyNot.title}: {props.workload}
          </Button>
        </div>
      }
    >
      <WhyNotPanel workloadId={props.workloadId} workload={props.workload} />
    </Show>
  );
}

/** The host that a step is told under: where a replica will be, or was. */
const hostOf = (step: PlanStep) => step.toHost ?? step.fromHost ?? '';

const LOOK = {
  start: { sign: '+', tint: 'text-ok' },
  move: { sign: '→', tint: 'text-info' },
  resize: { sign: '~', tint: 'text-accent' },
  renew: { sign: '*', tint: 'text-info' },
  stop: { sign: '−', tint: 'text-faint' },
  wait: { sign: '?', tint: 'text-warn' },
} as const;

function Diff(props: { readonly steps: readonly PlanStep[] }): JSX.Element {
  const groups = () => [...Map.groupBy(props.steps, hostOf)].toSorted(([one], [other]) => Number(one === '') - Number(other === '') || one.localeCompare(other));
  return (
    <Panel flush title={t().plans.diff}>
      <Show when={props.steps.length > 0} fallback={<p class="text-muted px-4 py-8 text-center">{t().plans.noSteps}</p>}>
        <For each={groups()}>
          {([host, steps]) => (
            <section class="border-line border-b last:border-0">
              <h3 class="bg-sunken text-muted flex items-center justify-between px-4 py-1.5 text-sm font-medium">
                <Show when={host} fallback={t().plans.nowhere}>
                  <A href={paths.host(host)} class="hover:text-accent hover:underline">
                    {host}
                  </A>
                </Show>
                <span class="text-faint text-xs font-normal">{show.number(steps.length)}</span>
              </h3>
              <ul class="divide-line divide-y">
                <For each={steps}>{(step) => <Step step={step} />}</For>
              </ul>
            </section>
          )}
        </For>
      </Show>
    </Panel>
  );
}

function Step(props: { readonly step: PlanStep }): JSX.Element {
  const look = () => LOOK[props.step.kind];
  return (
    <li class={`grid grid-cols-[1rem_minmax(0,1fr)] gap-x-2 px-4 py-2 md:grid-cols-[1rem_minmax(0,3fr)_minmax(0,3fr)] ${props.step.refused === null ? '' : 'bg-bad-soft/50'}`}>
      <span class={`font-mono font-semibold ${look().tint}`} aria-hidden="true">
        {look().sign}
      </span>
      <span class="min-w-0">
        <span class="sr-only">{t().plans.kinds[props.step.kind]} </span>
        <span class="font-medium break-words">{props.step.replica}</span>
        <span class="text-faint block text-xs">
          {show.shape(props.step.shape)}
          <Show when={props.step.address}>
            {' · '}
            <code class="font-mono">{props.step.address}</code>
          </Show>
          <Show when={props.step.kind === 'move' && props.step.fromHost}>{(from) => ` · ${t().plans.movedFrom(from())}`}</Show>
        </span>
      </span>
      <span class="text-muted col-start-2 text-sm md:col-start-3">
        <span class="text-ink">{t().plans.codes[props.step.reason.code] ?? props.step.reason.code}</span>
        <Show when={props.step.reason.detail}>: {props.step.reason.detail}</Show>
        <Show when={props.step.refused}>{(why) => <span class="text-bad block font-medium">{t().plans.refused(why())}</span>}</Show>
      </span>
    </li>
  );
}

function Totals(props: { readonly plan: PlanDetail }): JSX.Element {
  const rows = () => {
    const { before, after } = props.plan;
    const row = (name: string, format: (value: number) => string, key: keyof typeof before) => ({ name, before: format(before[key]), after: format(after[key]), changed: before[key] !== after[key] });
    const words = t().plans.total;
    return [row(words.replicas, show.number, 'replicas'), row(words.pending, show.number, 'pending'), row(words.hostsUsed, show.number, 'hostsUsed'), row(words.cpu, show.cores, 'cpuMilli'), row(words.memory, show.memory, 'memoryMib'), row(words.cost, show.money, 'costCentsPerHour')];
  };
  return (
    <Panel flush title={t().plans.totals}>
      <Table
        label={t().plans.totals}
        head={
          <>
            <Th>
              <span class="sr-only">{t().common.what}</span>
            </Th>
            <Th right>{t().plans.before}</Th>
            <Th right>{t().plans.after}</Th>
          </>
        }
      >
        <For each={rows()}>
          {(row) => (
            <Tr>
              <Td class="text-muted">{row.name}</Td>
              <Td right class="whitespace-nowrap">
                {row.before}
              </Td>
              <Td right class={`whitespace-nowrap ${row.changed ? 'text-accent font-semibold' : ''}`}>
                {row.after}
              </Td>
            </Tr>
          )}
        </For>
      </Table>
    </Panel>
  );
}
