// What the teams run: one row a workload, what it asks, whether all of it runs, what it uses and costs.
import { A } from '@solidjs/router';
import { useQuery } from '@tanstack/solid-query';
import { createSignal, For, Show, type JSX } from 'solid-js';
import type { ServiceView, WorkloadView } from '#server/http/contract/index.ts';
import { queries } from '../../api/queries.ts';
import { toneOf } from '../../format/tone.ts';
import { paths } from '../../paths.ts';
import { t } from '../../shell/preferences.ts';
import { show } from '../../shell/show.ts';
import { ButtonLink } from '../../ui/Button.tsx';
import { CommandLine } from '../../ui/Cli.tsx';
import { Empty, Loaded } from '../../ui/Loaded.tsx';
import { Meter } from '../../ui/Meter.tsx';
import { PageHead, Panel } from '../../ui/Panel.tsx';
import { Badge, Chip } from '../../ui/State.tsx';
import { Table, Td, Th, Tr } from '../../ui/Table.tsx';

export default function ServicesPage(): JSX.Element {
  const services = useQuery(() => queries.services());
  const [filter, setFilter] = createSignal('');
  const rows = (all: readonly ServiceView[]) => {
    const wanted = filter().trim().toLowerCase();
    return all.flatMap(({ workloads }) => workloads).filter(({ name, team, environment }) => [name, team, environment].some((text) => text.toLowerCase().includes(wanted)));
  };
  return (
    <>
      <PageHead title={t().services.title} lead={t().services.lead} cli="firn service list" actions={<ButtonLink href={paths.ask()} tone="primary" icon="ask">{t().shell.nav.ask}</ButtonLink>} />
      <Loaded
        query={services}
        empty={
          <Panel flush>
            <Empty icon="services" title={t().services.empty} action={<div class="flex flex-col items-center gap-3"><ButtonLink href={paths.ask()} tone="primary" icon="ask">{t().shell.nav.ask}</ButtonLink><CommandLine command="firn request submit --help" /></div>}>
              {t().services.emptyLead}
            </Empty>
          </Panel>
        }
      >
        {(all) => (
          <Panel flush>
            <div class="border-line border-b p-3">
              <input type="search" class="control max-w-sm" placeholder={t().services.filter} aria-label={t().services.filter} value={filter()} onInput={(event) => setFilter(event.currentTarget.value)} />
            </div>
            <Show when={rows(all()).length > 0} fallback={<p class="text-muted px-4 py-10 text-center">{t().services.noMatch}</p>}>
              <Table
                label={t().services.title}
                class="min-w-3xl"
                head={
                  <>
                    <Th>{t().common.service}</Th>
                    <Th>{t().common.team}</Th>
                    <Th class="w-56">{t().services.running}</Th>
                    <Th right>{t().services.asked}</Th>
                    <Th right>{t().services.cpuNow}</Th>
                    <Th right>{t().services.memoryNow}</Th>
                    <Th right>{t().common.cost}</Th>
                  </>
                }
              >
                <For each={rows(all())}>{(workload) => <Row workload={workload} />}</For>
              </Table>
            </Show>
          </Panel>
        )}
      </Loaded>
    </>
  );
}

function Row(props: { readonly workload: WorkloadView }): JSX.Element {
  return (
    <Tr>
      <Td>
        <A href={paths.service(props.workload.service, { environment: props.workload.environment })} class="hover:text-accent font-medium hover:underline">
          {props.workload.service}
        </A>{' '}
        <Chip>{props.workload.environment}</Chip>
      </Td>
      <Td class="text-muted">{props.workload.team}</Td>
      <Td>
        <RunningMeter workload={props.workload} />
      </Td>
      <Td right>{t().services.qps(show.number(props.workload.peakQps))}</Td>
      <Td right>{props.workload.cpuMilliNow === null ? t().common.nothing : show.cores(props.workload.cpuMilliNow)}</Td>
      <Td right>{props.workload.memoryMibNow === null ? t().common.nothing : show.memory(props.workload.memoryMibNow)}</Td>
      <Td right>{t().services.perHour(show.money(props.workload.costCentsPerHour))}</Td>
    </Tr>
  );
}

/** How many of the wanted replicas run, as a bar, a figure and a state. */
export function RunningMeter(props: { readonly workload: WorkloadView }): JSX.Element {
  const pending = () => props.workload.wanted - props.workload.placed;
  const word = () => {
    if (props.workload.wanted === 0) return t().services.stopped;
    if (pending() > 0) return t().services.pending(pending());
    return props.workload.running >= props.workload.wanted ? t().services.allRun : t().services.starting;
  };
  const text = () => t().services.runningOf(show.number(props.workload.running), show.number(props.workload.wanted));
  return (
    <div class="flex min-w-44 flex-col gap-1">
      <div class="flex items-center justify-between gap-2">
        <span class="text-sm">
          {show.number(props.workload.running)} / {show.number(props.workload.wanted)}
        </span>
        <Badge tone={toneOf.workload(props.workload)}>{word()}</Badge>
      </div>
      <Meter thin label={t().services.running} text={text()} whole={props.workload.wanted} parts={[{ amount: props.workload.running, tone: 'used' }, { amount: props.workload.placed - props.workload.running, tone: 'added' }]} />
    </div>
  );
}
