// What a shift would do: whether the other side can carry it, what each site needs, when clients follow, why it is refused, what would help.
import { For, lazy, Show, Suspense, type JSX } from 'solid-js';
import type { ShiftLoad, ShiftPlan } from '#server/http/contract/index.ts';
import { toldText } from '../../format/said.ts';
import { language, t } from '../../shell/preferences.ts';
import { show } from '../../shell/show.ts';
import { Icon } from '../../ui/Icon.tsx';
import { Part } from '../../ui/Panel.tsx';
import { Badge } from '../../ui/State.tsx';
import { Table, Td, Th, Tr } from '../../ui/Table.tsx';

const Chart = lazy(async () => ({ default: (await import('../../ui/Chart.tsx')).Chart }));

/** Plans that an earlier version stored have the code alone. */
const refusalText = ({ code, sentence, said }: Pick<ShiftPlan['refusals'][number], 'code' | 'sentence' | 'said'>, name: string | null, site: string | null): string => toldText(said, language() === 'en' ? sentence : (t().sites.shifts.refusals[code]?.({ name: name ?? '', site: site ?? '' }) ?? sentence), t().sites.said, language());

export function ShiftPlanView(props: { readonly plan: ShiftPlan }): JSX.Element {
  const words = () => t().sites.shifts;
  return (
    <div class="divide-line divide-y">
      <div class="flex flex-col items-start gap-2 px-4 py-4">
        <Badge tone={props.plan.isAllowed ? 'ok' : 'bad'}>{props.plan.isAllowed ? words().allowed : words().refused}</Badge>
        <Show when={props.plan.refusals.length > 0}>
          <ul class="flex flex-col gap-1.5">
            <For each={props.plan.refusals}>
              {(refusal) => (
                <li class="flex items-start gap-2">
                  <Icon name="stop" class="text-bad mt-0.5 size-4" />
                  <span>{refusalText(refusal, refusal.name, refusal.site)}</span>
                </li>
              )}
            </For>
          </ul>
          <p class="text-muted text-sm">{words().refusedLead}</p>
        </Show>
        <p class="text-muted text-sm">{words().doneAfter(show.duration(props.plan.doneAfterSeconds))}</p>
      </div>
      <Show when={props.plan.advice.length > 0}>
        <Part title={words().advice}>
          <ul class="list-disc pl-4">
            <For each={props.plan.advice}>{(each) => <li>{language() === 'en' ? each.sentence : (words().advices[each.code]?.(each.values) ?? each.sentence)}</li>}</For>
          </ul>
        </Part>
      </Show>
      <Show when={props.plan.decay.length > 1}>
        <Part title={words().decay} aside={words().decayUnit}>
          <Suspense fallback={<div class="skeleton h-40" />}>
            <Decay plan={props.plan} />
          </Suspense>
        </Part>
      </Show>
      <Show when={props.plan.loads.length > 0}>
        <Loads loads={props.plan.loads} />
      </Show>
    </div>
  );
}

function Decay(props: { readonly plan: ShiftPlan }): JSX.Element {
  const words = () => t().sites.shifts;
  /** Lengths of time, not instants: read in UTC they fall on whole minutes of the axis. */
  const afterText = (seconds: number) => (seconds <= 0 ? words().from0 : words().after(show.duration(seconds)));
  return (
    <Chart
      label={words().decay}
      times={props.plan.decay.map(({ seconds }) => seconds)}
      lines={[
        { name: words().decayOld, values: props.plan.decay.map(({ oldPermille }) => oldPermille), look: 'area' },
        { name: words().decayWeight, values: props.plan.decay.map(({ weightPermille }) => weightPermille), look: 'step', ink: 'info' },
      ]}
      format={show.permille}
      formatTime={afterText}
      timeZone="UTC"
      height={160}
    />
  );
}

function Loads(props: { readonly loads: readonly ShiftLoad[] }): JSX.Element {
  const words = () => t().sites.shifts;
  const fitText = (load: ShiftLoad) => (load.missing === 0 ? words().fits : load.fits ? words().fitsMissing(show.number(load.missing)) : words().tooMuch(show.permille(load.carriesPermille)));
  return (
    <Table
      label={words().loads}
      class="min-w-2xl"
      head={
        <>
          <Th>{words().columns.name}</Th>
          <Th>{words().columns.site}</Th>
          <Th right>{words().columns.clients}</Th>
          <Th right>{words().columns.peak}</Th>
          <Th right>{words().columns.needed}</Th>
          <Th right>{words().columns.running}</Th>
          <Th>{words().columns.fits}</Th>
        </>
      }
    >
      <For each={props.loads}>
        {(load) => (
          <Tr>
            <Td class="font-mono text-xs">{load.name}</Td>
            <Td>{load.site}</Td>
            <Td right class="whitespace-nowrap">{words().share(show.permille(load.beforePermille), show.permille(load.afterPermille))}</Td>
            <Td right class="whitespace-nowrap">{show.number(load.peakQps)} QPS</Td>
            <Td right class="whitespace-nowrap">
              {show.number(load.replicas)}
              <span class="text-faint block text-xs">{show.cores(load.cpuMilli)}</span>
            </Td>
            <Td right>{show.number(load.running)}</Td>
            <Td>
              <span class={load.refusal !== null || !load.fits ? 'text-bad' : load.missing > 0 ? 'text-warn' : 'text-ok'}>{fitText(load)}</span>
              <span class="text-faint block text-xs">{words().now(show.permille(load.carriesNowPermille))}</span>
              <Show when={load.refusal}>{(refusal) => <span class="text-muted block max-w-64 text-xs">{refusalText(refusal(), load.name, load.site)}</span>}</Show>
            </Td>
          </Tr>
        )}
      </For>
    </Table>
  );
}
