// What would follow from changes, as the person who approves reads it: moves and how long, money, room and gap before and after, headroom
// of each site, what may still die, what would have no room. Takes a consequence as the server computed it; used live and on a proposal.
import { For, Show, type JSX } from 'solid-js';
import type { Consequence, Survival } from '#server/http/contract/index.ts';
import { t } from '../../shell/preferences.ts';
import { useSession } from '../../shell/session.ts';
import { show } from '../../shell/show.ts';
import { Icon } from '../../ui/Icon.tsx';
import { Part } from '../../ui/Panel.tsx';
import { SurvivalMark } from '../fleet/SurvivalPanel.tsx';
import { UnplacedList } from './UnplacedList.tsx';

const SECONDS_AN_HOUR = 3600;
const MOST_SITES = 12;

export function ConsequenceView(props: { readonly consequence: Consequence }): JSX.Element {
  const missing = () => props.consequence.unplaced.reduce((sum, { count }) => sum + count, 0);
  return (
    <div class="divide-line flex flex-col divide-y" data-testid="consequence">
      <Headline consequence={props.consequence} />
      <Show when={missing() > 0}>
        <div class="px-4 py-4">
          <UnplacedList named brief unplaced={props.consequence.unplaced} title={t().consequence.unplaced(missing())} />
        </div>
      </Show>
      <BeforeAfter consequence={props.consequence} />
      <Headroom consequence={props.consequence} />
      <Show when={props.consequence.survival.after.length > 0}>
        <MayDie consequence={props.consequence} />
      </Show>
      <Show when={props.consequence.movedWorkloads.length > 0}>
        <Part title={t().consequence.moved}>
          <ul class="flex flex-wrap gap-1.5">
            <For each={props.consequence.movedWorkloads}>
              {(each) => (
                <li class="border-line bg-sunken rounded border px-1.5 py-px text-xs">
                  {each.workload} <strong class="text-info">→ {show.number(each.moves)}</strong>
                </li>
              )}
            </For>
          </ul>
        </Part>
      </Show>
    </div>
  );
}

/** How long the moves take, in words; the policy may allow none. */
export function paceText({ moves, healed = 0, hours }: { readonly moves: number; readonly healed?: number | undefined; readonly hours: number | null }): string {
  if (moves - healed <= 0) return t().consequence.instantly;
  if (hours === null || !Number.isFinite(hours)) return t().consequence.paused;
  return t().consequence.takes(show.duration(hours * SECONDS_AN_HOUR));
}

function Headline(props: { readonly consequence: Consequence }): JSX.Element {
  const change = () => props.consequence.after.costCentsPerHour - props.consequence.before.costCentsPerHour;
  const others = () => t().consequence.others(props.consequence.starts, props.consequence.stops, props.consequence.resizes);
  return (
    <div class="flex flex-wrap items-end justify-between gap-x-6 gap-y-3 px-4 pt-3 pb-4">
      <div class="flex items-start gap-3">
        <span class={`text-5xl font-semibold tracking-tighter ${props.consequence.moves > 0 ? 'text-accent' : 'text-faint'}`} data-testid="consequence-moves">
          {show.number(props.consequence.moves)}
        </span>
        <div class="pb-0.5">
          <div class="font-semibold">{props.consequence.moves === 0 ? t().consequence.noMoves : t().consequence.movesUnit(props.consequence.moves)}</div>
          <div class="text-muted text-sm">{props.consequence.moves === 0 ? '' : paceText(props.consequence)}</div>
          <Show when={props.consequence.healed}>{(count) => <div class="text-muted text-sm">{t().consequence.healed(count())}</div>}</Show>
          <Show when={others()}>{(text) => <div class="text-muted text-sm">{text()}</div>}</Show>
        </div>
      </div>
      <div class="ml-auto text-right">
        <div class={`text-lg font-semibold ${change() < 0 ? 'text-ok' : change() > 0 ? 'text-warn' : 'text-muted'}`}>{signedMoney(change())}</div>
        <div class="text-muted text-sm">{t().common.perHour}</div>
      </div>
    </div>
  );
}

/** `+¥3.20`, `−¥3.20`, `±¥0.00`. */
export function signedMoney(cents: number): string {
  return cents === 0 ? `±${show.money(0)}` : `${cents > 0 ? '+' : '−'}${show.money(Math.abs(cents))}`;
}

function BeforeAfter(props: { readonly consequence: Consequence }): JSX.Element {
  const rows = () => {
    const { before, after, gap } = props.consequence;
    const words = t().consequence.rows;
    /** `worse` when more of it is worse. */
    const row = (name: string, one: number, other: number, format: (value: number) => string, moreIsWorse: boolean) => ({ name, before: format(one), after: format(other), tint: one === other ? '' : other > one === moreIsWorse ? 'text-warn font-semibold' : 'text-ok font-semibold', title: undefined as string | undefined });
    const neutral = (each: ReturnType<typeof row>) => ({ ...each, tint: each.tint === '' ? '' : 'font-semibold' });
    return [
      neutral(row(words.replicas, before.replicas, after.replicas, show.number, true)),
      row(words.pending, before.pending, after.pending, show.number, true),
      neutral(row(words.hostsUsed, before.hostsUsed, after.hostsUsed, show.number, true)),
      row(words.cost, before.costCentsPerHour, after.costCentsPerHour, show.money, true),
      ...(gap === null ? [] : [{ ...row(words.gap, gap.before.percent, gap.after.percent, show.gap, true), title: t().consequence.gapHint }]),
    ];
  };
  return (
    <div class="px-4 py-3">
      <table class="w-full text-sm">
        <thead>
          <tr class="text-faint text-xs">
            <th scope="col" class="py-1 text-left font-medium">
              <span class="sr-only">{t().common.what}</span>
            </th>
            <th scope="col" class="py-1 text-right font-medium">
              {t().consequence.before}
            </th>
            <th scope="col" class="py-1 pl-4 text-right font-medium">
              {t().consequence.after}
            </th>
          </tr>
        </thead>
        <tbody>
          <For each={rows()}>
            {(row) => (
              <tr class="border-line border-t">
                <th scope="row" class="text-muted py-1.5 text-left font-normal" title={row.title}>
                  {row.name}
                </th>
                <td class="py-1.5 text-right whitespace-nowrap">{row.before}</td>
                <td class={`py-1.5 pl-4 text-right whitespace-nowrap ${row.tint}`}>{row.after}</td>
              </tr>
            )}
          </For>
        </tbody>
      </table>
    </div>
  );
}

function Headroom(props: { readonly consequence: Consequence }): JSX.Element {
  const { status } = useSession();
  const shape = () => {
    const now = status();
    const known = now?.shapes[now.defaultShape];
    return known === undefined ? '' : t().consequence.headroomLead(show.shape(known));
  };
  const most = () => Math.max(1, ...props.consequence.headroom.flatMap(({ before, after }) => [before.containers, after.containers]));
  return (
    <Part title={t().consequence.headroom} aside={shape()}>
      <ul class="flex flex-col gap-2">
        <For each={props.consequence.headroom.slice(0, MOST_SITES)} fallback={<li class="text-muted text-sm">{t().consequence.noHeadroom}</li>}>
          {(site) => (
            <li class="grid grid-cols-[minmax(0,6rem)_minmax(0,1fr)_auto] items-center gap-x-3 text-sm">
              <span class="text-muted truncate">{site.site}</span>
              <span class="flex flex-col gap-0.5" aria-hidden="true">
                <span class="bg-edge/60 h-1 rounded-full" style={{ width: `${(site.before.containers / most()) * 100}%` }} />
                <span class={`h-1.5 rounded-full ${site.after.containers < site.before.containers ? 'bg-warn' : 'bg-accent'}`} style={{ width: `${(site.after.containers / most()) * 100}%` }} />
              </span>
              <span class={`text-right whitespace-nowrap ${site.after.containers === site.before.containers ? 'text-muted' : 'font-medium'}`} title={`${show.cores(site.after.freeCpuMilli)}, ${show.memory(site.after.freeMemoryMib)}`}>
                {t().consequence.headroomText(show.number(site.before.containers), show.number(site.after.containers))}
              </span>
            </li>
          )}
        </For>
      </ul>
    </Part>
  );
}

function MayDie(props: { readonly consequence: Consequence }): JSX.Element {
  const rows = () => props.consequence.survival.after.map((after) => ({ after, before: props.consequence.survival.before.find(({ domain }) => domain === after.domain) }));
  const turned = (before: Survival | undefined, after: Survival) => (before === undefined || before.survives === after.survives ? '' : after.survives ? t().survival.turnedGood : t().survival.turnedBad);
  return (
    <Part title={t().consequence.survival}>
      <ul class="flex flex-col gap-2 text-sm">
        <For each={rows()}>
          {(row) => (
            <li>
              <div class="flex flex-wrap items-center justify-between gap-x-3">
                <span class="text-muted">{t().survival.any[row.after.domain]}</span>
                <span class="flex items-center gap-2">
                  <Show when={turned(row.before, row.after)}>{(text) => <span class={`text-xs font-semibold ${row.after.survives ? 'text-ok' : 'text-bad'}`}>{text()}</span>}</Show>
                  <Show when={row.before}>
                    {(before) => (
                      <>
                        <SurvivalMark survival={before()} />
                        <Icon name="arrow" class="text-faint size-3.5" />
                      </>
                    )}
                  </Show>
                  <SurvivalMark survival={row.after} />
                </span>
              </div>
              <Show when={row.after.failures[0]}>
                {(failure) => (
                  <p class="text-muted mt-0.5 text-xs">
                    {t().survival.fails(failure().label, t().common.countReplicas(failure().workloads[0]?.missing ?? failure().missing), failure().workloads[0]?.workload ?? '')}{' '}
                    {row.after.failures.length > 1 ? t().survival.more(row.after.failures.length - 1) : ''}
                  </p>
                )}
              </Show>
            </li>
          )}
        </For>
      </ul>
    </Part>
  );
}
