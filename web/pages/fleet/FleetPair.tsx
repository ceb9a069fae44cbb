// The fleet now and the fleet after a what-if, side by side: the same map twice, so that the eye finds what is fuller and what is empty.
import { useNavigate } from '@solidjs/router';
import { createMemo, createSignal, Show, type JSX } from 'solid-js';
import type { HostView, PolicyRecord, Simulation } from '#server/http/contract/index.ts';
import { fleetAfter } from '../../format/fleet-after.ts';
import { paths } from '../../paths.ts';
import { t } from '../../shell/preferences.ts';
import { Segmented } from '../../ui/Field.tsx';
import { Panel } from '../../ui/Panel.tsx';
import { FleetMap, type Measure } from './FleetMap.tsx';

export function FleetPair(props: { readonly hosts: readonly HostView[]; readonly simulation: Simulation; readonly environments: PolicyRecord['environments']; readonly isOld: boolean }): JSX.Element {
  const navigate = useNavigate();
  const [measure, setMeasure] = createSignal<Measure>('cpuMilli');
  const after = createMemo(() => fleetAfter(props.hosts, props.simulation, props.environments));
  const height = () => (props.hosts.length <= 60 ? 200 : 280);
  const open = (host: HostView) => props.hosts.some(({ name }) => name === host.name) && navigate(paths.host(host.name));
  return (
    <Panel title={t().consequence.maps} aside={<Segmented hideLabel label={t().fleet.measure} value={measure()} options={[{ value: 'cpuMilli', text: t().common.cpu }, { value: 'memoryMib', text: t().common.memory }]} onInput={(value) => setMeasure(value as Measure)} />}>
      <Show when={after()} fallback={<p class="text-muted text-sm">{t().consequence.mapTooMany}</p>}>
        {(then) => (
          <div class={`grid grid-cols-1 gap-5 transition-opacity md:grid-cols-2 ${props.isOld ? 'opacity-45' : ''}`}>
            <div class="min-w-0">
              <h3 class="text-muted mb-2 text-sm font-medium">{t().consequence.mapBefore}</h3>
              <FleetMap plain name={t().consequence.mapBefore} hosts={props.hosts} measure={measure()} basis="allocated" height={height()} onOpen={open} />
            </div>
            <div class="min-w-0">
              <h3 class="text-muted mb-2 text-sm font-medium">{t().consequence.mapAfter}</h3>
              <FleetMap name={t().consequence.mapAfter} hosts={then()} measure={measure()} basis="allocated" height={height()} onOpen={open} />
            </div>
          </div>
        )}
      </Show>
    </Panel>
  );
}
