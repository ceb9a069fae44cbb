// A quote as a person reads it: the number large, the sum that gives it, where the replicas would go, quota and money after it, and what
// to know. Takes a quote and the figures that were asked; used live beside the form and, as it was, on a request's page.
import { For, Show, type JSX } from 'solid-js';
import type { Draft, Quote } from '#server/http/contract/index.ts';
import { sumRows } from '../../format/sum.ts';
import { language, t } from '../../shell/preferences.ts';
import { show } from '../../shell/show.ts';
import { Icon } from '../../ui/Icon.tsx';
import { MeterLine, type MeterPart } from '../../ui/Meter.tsx';
import { Part } from '../../ui/Panel.tsx';
import { HostStrip } from '../fleet/HostStrip.tsx';
import { UnplacedList } from '../placement/UnplacedList.tsx';

export function QuoteView(props: { readonly quote: Quote; readonly asked: Pick<Draft, 'peakQps' | 'headroomPermille' | 'minReplicas' | 'profile'>; /** Beneath what found no room. */ readonly why?: JSX.Element }): JSX.Element {
  const unplaced = () => props.quote.unplaced.reduce((sum, { count }) => sum + count, 0);
  return (
    <div class="divide-line flex flex-col divide-y">
      <Headline quote={props.quote} />
      <Show when={unplaced() > 0}>
        <div class="px-4 py-4">
          <UnplacedList unplaced={props.quote.unplaced} title={t().ask.quote.unplaced(unplaced())} />
        </div>
        {props.why}
      </Show>
      <Part title={t().ask.quote.sum}>
        <Sum quote={props.quote} asked={props.asked} />
      </Part>
      <Part title={t().ask.quote.where} aside={show.number(props.quote.hosts.length) === '0' ? '' : t().common.countHosts(props.quote.hosts.length)}>
        <HostStrip hosts={props.quote.hosts} />
      </Part>
      <Part title={t().ask.quote.quota(props.quote.quota.team, props.quote.quota.environment)}>
        <QuotaBars quota={props.quote.quota} />
      </Part>
      <Show when={props.quote.warnings.length > 0}>
        <Part title={t().ask.quote.warnings}>
          <ul class="flex flex-col gap-1.5">
            <For each={props.quote.warnings}>
              {(warning) => (
                <li class="flex items-start gap-2 text-sm">
                  <span class="text-warn mt-0.5">
                    <Icon name="info" />
                  </span>
                  {t().warnings[warning.code]?.(warning.message) ?? warning.message}
                </li>
              )}
            </For>
          </ul>
        </Part>
      </Show>
    </div>
  );
}

function Headline(props: { readonly quote: Quote }): JSX.Element {
  const sizing = () => props.quote.sizing;
  const before = () => props.quote.current.replicas;
  const isWithin = () => props.quote.outcome === 'approved-at-once';
  return (
    <div class="px-4 pt-3 pb-4">
      <div class="flex flex-wrap items-end justify-between gap-x-6 gap-y-3">
        <div class="flex items-end gap-3">
          <span class="text-accent text-5xl font-semibold tracking-tighter" data-testid="quote-replicas">
            {show.number(sizing().replicas)}
          </span>
          <div class="pb-0.5">
            <div class="font-semibold">{t().ask.quote.replicas(sizing().replicas)}</div>
            <div class="text-muted text-sm">{t().ask.quote.each(show.shape(sizing().shape))}</div>
          </div>
        </div>
        <div class="text-right">
          <div class="text-lg font-semibold">
            {show.money(props.quote.costCentsPerHour)} <span class="text-muted text-sm font-normal">{t().ask.quote.hour}</span>
          </div>
          <div class="text-muted text-sm">
            {show.money(props.quote.costCentsPerMonth)} {t().ask.quote.month}
          </div>
        </div>
      </div>
      <div class="mt-3 flex flex-wrap items-center gap-x-3 gap-y-1 text-sm">
        <span class="bg-accent-soft text-accent rounded-full px-2 py-0.5 font-medium">{t().ask.quote.decidedBy(t().states.limit[sizing().limit])}</span>
        <Show when={before() > 0}>
          <span class="text-muted">{t().ask.quote.was(show.number(before()))}</span>
          <span class="font-semibold">{t().ask.quote.change(show.signed(sizing().replicas - before()))}</span>
          <span class="text-muted">{t().ask.quote.costBefore(show.money(props.quote.costBeforeCentsPerHour))}</span>
        </Show>
        <span class="text-muted">{t().ask.quote.plan(props.quote.plan.starts, props.quote.plan.stops, props.quote.plan.moves, props.quote.plan.resizes)}</span>
      </div>
      <div class={`mt-3 flex items-start gap-2.5 rounded-md px-3 py-2 ${isWithin() ? 'bg-ok-soft text-ok' : 'bg-warn-soft text-warn'}`} data-testid="quote-outcome">
        <Icon name={isWithin() ? 'check' : 'clock'} class="mt-0.5 size-4.5" />
        <div>
          <div class="font-semibold">{t().ask.quote.outcome[props.quote.outcome]}</div>
          <div class="text-sm">{t().ask.quote.outcomeLead[props.quote.outcome]}</div>
        </div>
      </div>
    </div>
  );
}

function Sum(props: { readonly quote: Quote; readonly asked: Pick<Draft, 'peakQps' | 'headroomPermille' | 'minReplicas' | 'profile'> }): JSX.Element {
  const rows = () => sumRows(props.quote.sizing, props.asked, t(), language());
  return (
    <dl class="text-sm">
      <For each={rows()}>
        {(row) => (
          <div class={`grid grid-cols-[1fr_auto] gap-x-4 rounded px-2 py-1 ${row.decides ? 'bg-accent-soft' : ''} ${row.key === 'replicas' ? 'border-line mt-1 rounded-none border-t pt-2 font-semibold' : ''}`}>
            <dt class="min-w-0">
              <span class={row.decides || row.key === 'replicas' || row.key === 'carries' ? '' : 'text-muted'}>{row.name}</span>
              <Show when={row.decides}>
                <span class="bg-accent text-on-accent ml-2 rounded px-1.5 text-2xs leading-4 font-semibold">{t().sum.decided}</span>
              </Show>
              <Show when={row.formula}>
                <span class={`code block break-words ${row.decides ? 'text-muted' : 'text-faint'}`}>{row.formula}</span>
              </Show>
            </dt>
            <dd class={`text-right whitespace-nowrap ${row.key === 'carries' ? 'font-semibold' : ''}`}>{row.result}</dd>
          </div>
        )}
      </For>
    </dl>
  );
}

/** CPU and memory of a team's quota, before and after. */
function QuotaBars(props: { readonly quota: Quote['quota'] }): JSX.Element {
  const parts = (before: number, after: number, limit: number): MeterPart[] => {
    if (after < before) return [{ amount: after, tone: 'allocated' }, { amount: before - after, tone: 'freed' }];
    const room = Math.max(0, limit - before);
    const added = after - before;
    return [
      { amount: before, tone: 'allocated' },
      { amount: Math.min(added, room), tone: 'added' },
      { amount: Math.max(0, added - room), tone: 'over' },
    ];
  };
  const over = (after: number, limit: number, format: (value: number) => string) => (after > limit ? <span class="text-bad">{t().ask.quote.overBy(format(after - limit))}</span> : undefined);
  return (
    <div class="flex flex-col gap-3">
      <MeterLine
        name={t().ask.quote.quotaCpu}
        whole={props.quota.limit.cpuMilli}
        parts={parts(props.quota.before.cpuMilli, props.quota.after.cpuMilli, props.quota.limit.cpuMilli)}
        text={t().ask.quote.quotaText(show.coreCount(props.quota.before.cpuMilli), show.coreCount(props.quota.after.cpuMilli), show.cores(props.quota.limit.cpuMilli))}
        note={over(props.quota.after.cpuMilli, props.quota.limit.cpuMilli, show.cores)}
      />
      <MeterLine
        name={t().ask.quote.quotaMemory}
        whole={props.quota.limit.memoryMib}
        parts={parts(props.quota.before.memoryMib, props.quota.after.memoryMib, props.quota.limit.memoryMib)}
        text={t().ask.quote.quotaText(show.memory(props.quota.before.memoryMib), show.memory(props.quota.after.memoryMib), show.memory(props.quota.limit.memoryMib))}
        note={over(props.quota.after.memoryMib, props.quota.limit.memoryMib, show.memory)}
      />
    </div>
  );
}
