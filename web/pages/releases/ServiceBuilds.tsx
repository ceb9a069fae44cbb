// The builds of one service, and the button that starts another.
import { useNavigate } from '@solidjs/router';
import { useQuery } from '@tanstack/solid-query';
import { createSignal, Show, type JSX } from 'solid-js';
import type { WorkloadView } from '#server/http/contract/index.ts';
import { can } from '../../api/can.ts';
import { dataOf } from '../../api/data.ts';
import { queries } from '../../api/queries.ts';
import { BuildDialog } from '../../forms/BuildDialog.tsx';
import { paths } from '../../paths.ts';
import { t } from '../../shell/preferences.ts';
import { because, useSession } from '../../shell/session.ts';
import { Button } from '../../ui/Button.tsx';
import { Empty, Loaded } from '../../ui/Loaded.tsx';
import { Panel } from '../../ui/Panel.tsx';
import { BuildTable } from './BuildsPage.tsx';

export function ServiceBuilds(props: { readonly workload: WorkloadView }): JSX.Element {
  const { me } = useSession();
  const navigate = useNavigate();
  const [starting, setStarting] = createSignal(false);
  const builds = useQuery(() => queries.builds({ service: props.workload.service }));
  const newest = () => dataOf(builds)?.find(({ source }) => source !== null);
  const start = () => (
    <Button size="sm" icon="builds" refused={because(can.startBuild(me(), props.workload.team))} onClick={() => setStarting(true)}>
      {t().builds.start}
    </Button>
  );
  return (
    <Panel flush title={t().builds.title} aside={start()}>
      <Loaded query={builds} empty={<Empty icon="builds" title={t().builds.empty} action={start()}>{t().builds.emptyLead}</Empty>}>
        {(all) => <BuildTable builds={all()} />}
      </Loaded>
      <Show when={starting()}>
        <BuildDialog service={props.workload.service} team={props.workload.team} {...(newest() === undefined ? {} : { start: newest()! })} onClose={() => setStarting(false)} onStarted={(build) => navigate(paths.build(build.id))} />
      </Show>
    </Panel>
  );
}
