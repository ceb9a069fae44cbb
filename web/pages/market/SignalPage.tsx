// One signal: its values beside what is usual, the rules that listen to it, and what a rule would have done on days that are over.
import { A, useNavigate, useParams } from '@solidjs/router';
import { useQuery } from '@tanstack/solid-query';
import { createSignal, For, lazy, Show, Suspense, type JSX } from 'solid-js';
import type { SignalView } from '#server/http/contract/index.ts';
import { can } from '../../api/can.ts';
import { marketMutations, marketQueries } from '../../api/market.ts';
import { SignalDialog } from '../../forms/SignalDialogs.tsx';
import { paths } from '../../paths.ts';
import { useAct } from '../../shell/act.ts';
import { t } from '../../shell/preferences.ts';
import { because, useSession } from '../../shell/session.ts';
import { show } from '../../shell/show.ts';
import { Button } from '../../ui/Button.tsx';
import { ReasonDialog } from '../../ui/Dialog.tsx';
import { Segmented } from '../../ui/Field.tsx';
import { Loaded } from '../../ui/Loaded.tsx';
import { PageHead, Panel } from '../../ui/Panel.tsx';
import { Badge } from '../../ui/State.tsx';
import { BackTestPanel } from './BackTestPanel.tsx';

const Chart = lazy(async () => ({ default: (await import('../../ui/Chart.tsx')).Chart }));
const RANGES = [6, 24, 120] as const;

export default function SignalPage(): JSX.Element {
  const params = useParams<{ name: string }>();
  const { me } = useSession();
  const act = useAct();
  const navigate = useNavigate();
  const signal = useQuery(() => ({ ...marketQueries.signal(params.name), reconcile: false as const }));
  const [open, setOpen] = createSignal<'edit' | 'remove' | null>(null);
  const words = () => t().signals;
  const refused = () => because(can.manageMarket(me()));
  return (
    <Loaded query={signal}>
      {(now) => (
        <>
          <PageHead
            title={now().title || now().name}
            crumbs={[{ href: paths.signals(), text: words().title }]}
            lead={
              <span class="flex flex-wrap items-center gap-x-3 gap-y-1">
                <span class="code">{now().name}</span>
                <Show when={now().last} fallback={<span>{words().noValue}</span>}>
                  {(last) => (
                    <span>
                      {show.number(last().value)} {now().unit}, {show.ago(last().at)}
                    </span>
                  )}
                </Show>
                <Show when={now().isSilent}>
                  <Badge tone="wait" title={words().silentHint}>
                    {words().silent}
                  </Badge>
                </Show>
              </span>
            }
            cli={[`firn signal values ${now().name}`, `firn signal push ${now().name} VALUE`, `firn signal try ${now().name} --help`]}
            actions={
              <>
                <Button tone="quiet" refused={refused()} onClick={() => setOpen('remove')}>
                  {t().common.remove}
                </Button>
                <Button icon="edit" refused={refused()} onClick={() => setOpen('edit')}>
                  {t().common.edit}
                </Button>
              </>
            }
          />
          <div class="flex flex-col gap-5">
            <Values signal={now()} />
            <Rules signal={now()} />
            <BackTestPanel signal={now()} />
          </div>
          <Show when={open() === 'edit'}>
            <SignalDialog signal={now()} onClose={() => setOpen(null)} />
          </Show>
          <ReasonDialog
            open={open() === 'remove'}
            onClose={() => setOpen(null)}
            title={words().removeTitle(now().name)}
            lead={words().removeLead}
            confirm={t().common.remove}
            tone="danger"
            reason="none"
            onConfirm={() => act(marketMutations.removeSignal(now().name), { topics: ['signals'], done: words().removed(now().name), onDone: () => navigate(paths.signals()) })}
          />
        </>
      )}
    </Loaded>
  );
}

function Values(props: { readonly signal: SignalView }): JSX.Element {
  const [hours, setHours] = createSignal<(typeof RANGES)[number]>(24);
  const series = useQuery(() => ({ ...marketQueries.signalValues(props.signal.name, hours()), reconcile: false as const }));
  const words = () => t().signals;
  const timeText = (seconds: number) => {
    const instant = new Date(seconds * 1000).toISOString();
    return hours() > 24 ? show.shortDay(instant) : show.hourMinute(instant);
  };
  return (
    <Panel title={words().values} aside={<Segmented hideLabel label={words().range} value={String(hours())} options={RANGES.map((value) => ({ value: String(value), text: words().ranges[value] }))} onInput={(value) => setHours(Number(value) as (typeof RANGES)[number])} />}>
      <Loaded query={series} skeleton={<div class="skeleton h-56" />} isEmpty={({ points }) => points.every(({ value }) => value === null)} empty={<p class="text-muted py-8 text-center">{words().noValues}</p>}>
        {(now) => (
          <Suspense fallback={<div class="skeleton h-56" />}>
            <Chart
              label={words().values}
              times={now().points.map(({ at }) => Date.parse(at) / 1000)}
              lines={[
                { name: words().value, values: now().points.map(({ value }) => value), look: 'area' },
                { name: words().usual, values: now().points.map(({ usual }) => usual), look: 'dashed', ink: 'faint' },
              ]}
              format={show.number}
              formatTime={timeText}
              formatMoment={(seconds) => show.when(new Date(seconds * 1000).toISOString())}
              height={220}
              note={t().chart.note(now().unit, show.ownZone())}
            />
          </Suspense>
        )}
      </Loaded>
    </Panel>
  );
}

function Rules(props: { readonly signal: SignalView }): JSX.Element {
  const words = () => t().signals;
  const whenText = (rule: SignalView['rules'][number]['rule']) => ('above' in rule.when ? words().rule.above(`${show.number(rule.when.above)} ${props.signal.unit}`.trim()) : words().rule.timesUsual(show.number(rule.when.timesUsual)));
  return (
    <Panel flush title={words().rules}>
      <ul class="divide-line divide-y">
        <For each={props.signal.rules} fallback={<li class="text-muted px-4 py-5">{words().noRules}</li>}>
          {(each) => (
            <li class="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-3">
              <A href={paths.service(each.workload.split('.')[0] ?? '', { environment: each.workload.split('.').slice(1).join('.'), tab: 'autoscale' })} class="textlink font-medium">
                {each.workload}
              </A>
              <span>
                {whenText(each.rule)}: {words().rule.effect(show.number(each.rule.multiplier), show.duration((each.rule.decayMinutes ?? 0) * 60))}
                {each.rule.cap === null || each.rule.cap === undefined ? '' : `, ${words().rule.cap(show.number(each.rule.cap))}`}
              </span>
              <Show when={each.isActive}>
                <Badge tone="busy">{words().active}</Badge>
              </Show>
            </li>
          )}
        </For>
      </ul>
    </Panel>
  );
}
