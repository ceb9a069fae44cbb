// Where clients are sent: the sites with their links and health, how far every service is at each, names with their weights, shifts under
// way, and when names fail over by themselves.
import { useQuery } from '@tanstack/solid-query';
import { createSignal, Show, type JSX } from 'solid-js';
import type { SiteView } from '#server/http/contract/index.ts';
import { can } from '../../api/can.ts';
import { siteQueries } from '../../api/sites.ts';
import { SiteDialog } from '../../forms/SiteDialogs.tsx';
import { paths } from '../../paths.ts';
import { t } from '../../shell/preferences.ts';
import { because, useSession } from '../../shell/session.ts';
import { ButtonLink } from '../../ui/Button.tsx';
import { Empty, Loaded } from '../../ui/Loaded.tsx';
import { PageHead, Panel } from '../../ui/Panel.tsx';
import { FailoverPanel } from './FailoverPanel.tsx';
import { NamesPanel } from './NamesPanel.tsx';
import { ShiftsPanel } from './ShiftsPanel.tsx';
import { SiteCards } from './SiteCards.tsx';
import { SitePictureView } from './SitePictureView.tsx';
import { StagesPanel } from './StagesPanel.tsx';

export default function SitesPage(): JSX.Element {
  const { me } = useSession();
  const sites = useQuery(() => ({ ...siteQueries.sites(), reconcile: 'name' as const }));
  const [declaring, setDeclaring] = createSignal<SiteView | null>(null);
  const words = () => t().sites;
  const refused = () => because(can.manageSites(me()));
  return (
    <>
      <PageHead
        title={words().title}
        lead={words().lead}
        cli={['firn site list', 'firn name list', 'firn traffic shift --help']}
        actions={
          <ButtonLink tone="primary" icon="sites" href={paths.makeShift()}>
            {words().shifts.make}
          </ButtonLink>
        }
      />
      <Loaded query={sites} empty={<Panel flush><Empty icon="sites" title={words().empty}>{words().emptyLead}</Empty></Panel>}>
        {(all) => (
          <div class="flex flex-col gap-5">
            <Panel flush>
              <SitePictureView sites={all()} />
              <SiteCards sites={all()} refused={refused()} onDeclare={setDeclaring} />
            </Panel>
            <NamesPanel sites={all().map(({ name }) => name)} refused={refused()} />
            <div class="grid grid-cols-1 items-start gap-5 lg:grid-cols-[minmax(0,7fr)_minmax(0,5fr)]">
              <StagesPanel sites={all().map(({ name }) => name)} refused={refused()} />
              <div class="flex min-w-0 flex-col gap-5">
                <ShiftsPanel />
                <FailoverPanel refused={refused()} />
              </div>
            </div>
          </div>
        )}
      </Loaded>
      <Show when={declaring()} keyed>
        {(site) => <SiteDialog site={site} onClose={() => setDeclaring(null)} />}
      </Show>
    </>
  );
}
