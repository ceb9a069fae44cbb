// A back-test of a rule on a signal: what it is asked with, and its answer with lead, hits, false alarms, cost, and the days as a chart.
import { useQuery } from '@tanstack/solid-query';
import { createSignal, For, lazy, Show, Suspense, type JSX } from 'solid-js';
import type { BackTestView, SignalView } from '#server/http/contract/index.ts';
import { dataOf } from '../../api/data.ts';
import { marketMutations } from '../../api/market.ts';
import { queries } from '../../api/queries.ts';
import { workloadName } from '../../format/rollout.ts';
import { EMPTY_BACK_TEST, toBackTest, type BackTestForm } from '../../forms/back-test-form.ts';
import { faultText } from '../../forms/fault-text.ts';
import { useAct } from '../../shell/act.ts';
import { toldText } from '../../format/said.ts';
import { language, t } from '../../shell/preferences.ts';
import { show } from '../../shell/show.ts';
import { createStore } from '../../solid.ts';
import { Button } from '../../ui/Button.tsx';
import { Input, Select } from '../../ui/Field.tsx';
import { Fact, Panel } from '../../ui/Panel.tsx';
import { Badge, type Tone } from '../../ui/State.tsx';
import { Table, Td, Th, Tr } from '../../ui/Table.tsx';

const Chart = lazy(async () => ({ default: (await import('../../ui/Chart.tsx')).Chart }));
const VERDICTS: Readonly<Record<BackTestView['verdict']['code'], Tone>> = { useful: 'ok', late: 'wait', noisy: 'wait', silent: 'off', 'no-data': 'off' };
const OUTCOMES: Readonly<Record<BackTestView['rises'][number]['outcome'], Tone>> = { hit: 'ok', late: 'wait', 'false-alarm': 'bad' };

export function BackTestPanel(props: { readonly signal: SignalView }): JSX.Element {
  const act = useAct();
  const services = useQuery(() => queries.services());
  const [form, setForm] = createStore<BackTestForm>(EMPTY_BACK_TEST);
  const [errors, setErrors] = createSignal<Readonly<Record<string, string>>>({});
  const [busy, setBusy] = createSignal(false);
  const [answer, setAnswer] = createSignal<BackTestView | null>(null);
  const words = () => t().signals.test;
  const workloads = () => (dataOf(services) ?? []).flatMap((service) => service.workloads.map((workload) => ({ value: workload.id, text: workloadName(workload) })));
  const run = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (busy()) return;
    const { ask, faults } = toBackTest({ ...form }, Date.now());
    setErrors(Object.fromEntries(Object.entries(faults).map(([field, fault]) => [field, faultText(fault)])));
    if (ask === null) return;
    setBusy(true);
    await act(marketMutations.backTest(props.signal.name, ask), { topics: [], onDone: setAnswer });
    setBusy(false);
  };
  const unit = () => (form.when === 'above' ? props.signal.unit || ' ' : words().times);
  return (
    <Panel flush title={words().title}>
      <form class="border-line flex flex-col gap-4 border-b p-4" onSubmit={(event) => void run(event)} novalidate>
        <p class="text-muted">{words().lead}</p>
        <div class="grid grid-cols-2 gap-4 md:grid-cols-4">
          <Select class="col-span-2" label={words().workload} value={form.workloadId} options={[{ value: '', text: workloads().length === 0 ? words().noWorkloads : t().common.nothing }, ...workloads()]} onInput={(workloadId) => setForm({ workloadId })} error={errors().workloadId} />
          <Select label={words().when} value={form.when} options={(['timesUsual', 'above'] as const).map((value) => ({ value, text: words().whens[value] }))} onInput={(when) => setForm({ when: when as BackTestForm['when'] })} />
          <Input label={words().threshold} unit={unit()} value={form.threshold} onInput={(threshold) => setForm({ threshold })} error={errors().threshold} />
          <Input label={words().multiplier} unit={words().times} value={form.multiplier} onInput={(multiplier) => setForm({ multiplier })} error={errors().multiplier} />
          <Input label={words().decay} unit={words().minutes} value={form.decay} onInput={(decay) => setForm({ decay })} error={errors().decay} />
          <Input label={words().surge} unit={words().times} hint={words().surgeHint} value={form.surge} onInput={(surge) => setForm({ surge })} error={errors().surge} />
          <Input label={words().horizon} unit={words().minutes} value={form.horizon} onInput={(horizon) => setForm({ horizon })} error={errors().horizon} />
          <Input label={words().days} unit=" " value={form.days} onInput={(days) => setForm({ days })} error={errors().days} />
        </div>
        <Button type="submit" tone="primary" icon="play" class="self-start" busy={busy()}>
          {words().run}
        </Button>
      </form>
      <div aria-live="polite">
        <Show when={answer()}>{(now) => <Answer answer={now()} />}</Show>
      </div>
    </Panel>
  );
}

function Answer(props: { readonly answer: BackTestView }): JSX.Element {
  const words = () => t().signals.test;
  const lead = () => props.answer.leadMinutes;
  const minutes = (value: number | null) => (value === null ? t().common.nothing : show.duration(value * 60));
  return (
    <>
      <div class="flex flex-col gap-3 p-4">
        <p class="flex flex-wrap items-center gap-x-3 gap-y-1">
          <Badge tone={VERDICTS[props.answer.verdict.code]}>{words().verdicts[props.answer.verdict.code]}</Badge>
          <span class="font-medium">{toldText(props.answer.verdict.said, props.answer.verdict.sentence, words().said, language())}</span>
        </p>
        <dl class="grid grid-cols-2 gap-3 sm:grid-cols-3 lg:grid-cols-6">
          <Fact name={words().leadName}>{lead().median === null ? words().noLead : words().leadText(minutes(lead().median), minutes(lead().least), minutes(lead().most))}</Fact>
          <Fact name={words().hits}>{show.number(props.answer.hits)}</Fact>
          <Fact name={words().late}>{show.number(props.answer.late)}</Fact>
          <Fact name={words().falseAlarms}>{show.number(props.answer.falseAlarms)}</Fact>
          <Fact name={words().missed}>{show.number(props.answer.missed)}</Fact>
          <Fact name={words().cost}>{words().replicaHours(show.number(props.answer.extraReplicaHours))}</Fact>
        </dl>
        <Show when={props.answer.series.length > 1}>
          <Suspense fallback={<div class="skeleton h-56" />}>
            <Days answer={props.answer} />
          </Suspense>
        </Show>
        <p class="text-faint text-xs">{words().data(show.number(props.answer.minutes.signal), show.number(props.answer.minutes.demand))}</p>
      </div>
      <Show when={props.answer.rises.length > 0}>
        <Table
          label={words().rises}
          head={
            <>
              <Th>{words().rose}</Th>
              <Th right>{t().signals.value}</Th>
              <Th>{words().outcome}</Th>
              <Th>{words().demandAt}</Th>
            </>
          }
        >
          <For each={props.answer.rises}>
            {(rise) => (
              <Tr>
                <Td class="whitespace-nowrap">{show.when(rise.at)}</Td>
                <Td right>{show.number(rise.value)}</Td>
                <Td>
                  <Badge tone={OUTCOMES[rise.outcome]}>{words().outcomes[rise.outcome]}</Badge>
                </Td>
                <Td>
                  {rise.surgeAt === null ? words().never : show.when(rise.surgeAt)}
                  <Show when={rise.leadMinutes !== null}>
                    <span class="text-faint block text-xs">{(rise.leadMinutes ?? 0) >= 0 ? words().leadMinutes(show.number(rise.leadMinutes ?? 0)) : words().lateMinutes(show.number(-(rise.leadMinutes ?? 0)))}</span>
                  </Show>
                </Td>
              </Tr>
            )}
          </For>
        </Table>
      </Show>
    </>
  );
}

function Days(props: { readonly answer: BackTestView }): JSX.Element {
  const words = () => t().signals.test;
  const instant = (seconds: number) => new Date(seconds * 1000).toISOString();
  return (
    <Chart
      label={words().chart}
      times={props.answer.series.map(({ at }) => Date.parse(at) / 1000)}
      lines={[
        { name: words().qps, values: props.answer.series.map(({ qps }) => qps), look: 'area' },
        { name: words().usualQps, values: props.answer.series.map(({ usualQps }) => usualQps), look: 'dashed', ink: 'faint' },
        { name: words().floor, values: props.answer.series.map(({ floorQps }) => floorQps), look: 'step', ink: 'warn' },
      ]}
      marks={props.answer.rises.map((rise) => ({ at: Date.parse(rise.at) / 1000, text: words().outcomes[rise.outcome], ink: rise.outcome === 'hit' ? ('ok' as const) : rise.outcome === 'late' ? ('warn' as const) : ('bad' as const) }))}
      format={show.number}
      formatTime={(seconds) => show.shortDay(instant(seconds))}
      formatMoment={(seconds) => show.when(instant(seconds))}
      height={220}
      note={t().chart.note(words().unit, show.ownZone())}
    />
  );
}
