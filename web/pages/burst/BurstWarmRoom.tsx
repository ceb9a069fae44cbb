// How much free room starts in seconds: per environment against its target, with what growth would need and what keeping room costs.
import { For, Show, type JSX } from 'solid-js';
import type { WarmRoom } from '#server/http/contract/index.ts';
import { t } from '../../shell/preferences.ts';
import { show } from '../../shell/show.ts';
import { MeterLine } from '../../ui/Meter.tsx';
import { Panel, Part } from '../../ui/Panel.tsx';
import { Table, Td, Th, Tr } from '../../ui/Table.tsx';

type Environment = WarmRoom['environments'][number];

export function BurstWarmRoom(props: { readonly room: WarmRoom }): JSX.Element {
  const words = () => t().burst.warm;
  const shown = () => props.room.environments.filter((each) => each.replicas > 0 || each.targetPermille > 0);
  return (
    <Panel flush title={words().title}>
      <div class="divide-line divide-y">
        <div class="px-4 py-4">
          <p class="font-medium">{words().fits(show.number(props.room.fitsNow), show.shape(props.room.container))}</p>
          <ul class="text-faint mt-1 flex flex-wrap gap-x-4 text-sm">
            <For each={props.room.sites}>{(site) => <li>{words().bySite(site.site, show.number(site.privateFits), show.number(site.cloudFits))}</li>}</For>
          </ul>
        </div>
        <For each={shown()} fallback={<p class="text-muted px-4 py-4">{words().empty}</p>}>
          {(each) => <EnvironmentRoom environment={each} />}
        </For>
      </div>
    </Panel>
  );
}

function EnvironmentRoom(props: { readonly environment: Environment }): JSX.Element {
  const words = () => t().burst.warm;
  const each = () => props.environment;
  const text = () => (each().targetPermille === 0 ? words().noTarget : words().of(show.number(each().fits), show.number(each().wanted)));
  return (
    <Part title={each().environment} aside={`${words().replicas(each().replicas)}, ${show.shape(each().held)}`}>
      <MeterLine
        name={each().targetPermille === 0 ? words().title : words().target(show.permille(each().targetPermille))}
        whole={Math.max(1, each().wanted)}
        parts={[{ amount: each().fits, tone: 'used' }]}
        text={text()}
        note={
          <span class="flex flex-wrap justify-between gap-x-3">
            <span>{words().cost(show.money(each().centsPerHour))}</span>
            <Show when={each().missing > 0}>
              <span class="text-warn font-medium">{words().missing(show.number(each().missing))}</span>
            </Show>
          </span>
        }
      />
      <div class="border-line mt-3 rounded-md border">
        <Table
          label={`${words().growth}: ${each().environment}`}
          head={
            <>
              <Th>{words().growth}</Th>
              <Th right>{words().needs}</Th>
              <Th right>{words().fitNow}</Th>
              <Th right>{words().costs}</Th>
            </>
          }
        >
          <For each={each().growth}>
            {(growth) => (
              <Tr>
                <Td class="py-1.5">{words().growthBy(show.permille(growth.permille))}</Td>
                <Td right class="py-1.5">{show.number(growth.containers)}</Td>
                <Td right class={`py-1.5 font-medium ${growth.fits < growth.containers ? 'text-warn' : 'text-ok'}`}>{show.number(growth.fits)}</Td>
                <Td right class="py-1.5">{show.money(growth.centsPerHour)}</Td>
              </Tr>
            )}
          </For>
        </Table>
      </div>
    </Part>
  );
}
