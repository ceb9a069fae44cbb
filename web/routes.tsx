// The map of the console: which page stands at which address. Every page is loaded when it is first opened.
import { Route } from '@solidjs/router';
import { lazy, type JSX } from 'solid-js';

/** Pages that buttons lead to: fetched ahead, so that nobody waits for code after a decision, and no page is left while the next is not there. */
const MakeReleasePage = lazy(() => import('./pages/MakeReleasePage.tsx'));
const ReleasePage = lazy(() => import('./pages/ReleasePage.tsx'));
const RolloutPage = lazy(() => import('./pages/RolloutPage.tsx'));
const BuildPage = lazy(() => import('./pages/BuildPage.tsx'));
const DrillPage = lazy(() => import('./pages/DrillPage.tsx'));
const MaintenancePage = lazy(() => import('./pages/MaintenancePage.tsx'));
const ShiftPage = lazy(() => import('./pages/ShiftPage.tsx'));

export function preloadPages(): void {
  for (const page of [MakeReleasePage, ReleasePage, RolloutPage, BuildPage, DrillPage, ShiftPage, MaintenancePage]) void page.preload();
}

export function Routes(): JSX.Element {
  return (
    <>
      <Route path="/" component={lazy(() => import('./pages/OverviewPage.tsx'))} />
      <Route path="/ask" component={lazy(() => import('./pages/AskPage.tsx'))} />
      <Route path="/services" component={lazy(() => import('./pages/ServicesPage.tsx'))} />
      <Route path="/services/:name" component={lazy(() => import('./pages/ServicePage.tsx'))} />
      <Route path="/services/:name/release" component={MakeReleasePage} />
      <Route path="/services/:name/autoscale" component={lazy(() => import('./pages/AutoscaleSettingsPage.tsx'))} />
      <Route path="/market" component={lazy(() => import('./pages/MarketPage.tsx'))} />
      <Route path="/replicas/:id" component={lazy(() => import('./pages/ReplicaPage.tsx'))} />
      <Route path="/releases/:id" component={ReleasePage} />
      <Route path="/rollouts" component={lazy(() => import('./pages/RolloutsPage.tsx'))} />
      <Route path="/rollouts/:id" component={RolloutPage} />
      <Route path="/burst" component={lazy(() => import('./pages/BurstPage.tsx'))} />
      <Route path="/sites" component={lazy(() => import('./pages/SitesPage.tsx'))} />
      <Route path="/shifts/new" component={lazy(() => import('./pages/MakeShiftPage.tsx'))} />
      <Route path="/shifts/:id" component={ShiftPage} />
      <Route path="/drills" component={lazy(() => import('./pages/DrillsPage.tsx'))} />
      <Route path="/drills/:id" component={DrillPage} />
      <Route path="/calendars" component={lazy(() => import('./pages/CalendarsPage.tsx'))} />
      <Route path="/signals" component={lazy(() => import('./pages/SignalsPage.tsx'))} />
      <Route path="/signals/:name" component={lazy(() => import('./pages/SignalPage.tsx'))} />
      <Route path="/builds" component={lazy(() => import('./pages/BuildsPage.tsx'))} />
      <Route path="/builds/:id" component={BuildPage} />
      <Route path="/layers" component={lazy(() => import('./pages/LayersPage.tsx'))} />
      <Route path="/layers/:name" component={lazy(() => import('./pages/LayerPage.tsx'))} />
      <Route path="/registry" component={lazy(() => import('./pages/RegistryPage.tsx'))} />
      <Route path="/freezes" component={lazy(() => import('./pages/FreezesPage.tsx'))} />
      <Route path="/webhooks" component={lazy(() => import('./pages/WebhooksPage.tsx'))} />
      <Route path="/hosts" component={lazy(() => import('./pages/HostsPage.tsx'))} />
      <Route path="/hosts/:name" component={lazy(() => import('./pages/HostPage.tsx'))} />
      <Route path="/maintenance" component={lazy(() => import('./pages/MaintenancesPage.tsx'))} />
      <Route path="/maintenance/:id" component={MaintenancePage} />
      <Route path="/addresses" component={lazy(() => import('./pages/AddressesPage.tsx'))} />
      <Route path="/agents" component={lazy(() => import('./pages/AgentsPage.tsx'))} />
      <Route path="/orphans" component={lazy(() => import('./pages/OrphansPage.tsx'))} />
      <Route path="/governor" component={lazy(() => import('./pages/GovernorPage.tsx'))} />
      <Route path="/quotas" component={lazy(() => import('./pages/QuotasPage.tsx'))} />
      <Route path="/requests" component={lazy(() => import('./pages/RequestsPage.tsx'))} />
      <Route path="/requests/:id" component={lazy(() => import('./pages/RequestPage.tsx'))} />
      <Route path="/plans" component={lazy(() => import('./pages/PlansPage.tsx'))} />
      <Route path="/plans/:id" component={lazy(() => import('./pages/PlanPage.tsx'))} />
      <Route path="/policy" component={lazy(() => import('./pages/PolicyPage.tsx'))} />
      <Route path="/simulate" component={lazy(() => import('./pages/SimulatePage.tsx'))} />
      <Route path="/defragment" component={lazy(() => import('./pages/DefragmentPage.tsx'))} />
      <Route path="/proposals" component={lazy(() => import('./pages/ProposalsPage.tsx'))} />
      <Route path="/proposals/:id" component={lazy(() => import('./pages/ProposalPage.tsx'))} />
      <Route path="/events" component={lazy(() => import('./pages/EventsPage.tsx'))} />
      <Route path="/networks" component={lazy(() => import('./pages/NetworksPage.tsx'))} />
      <Route path="/account" component={lazy(() => import('./pages/AccountPage.tsx'))} />
      <Route path="/people" component={lazy(() => import('./pages/PeoplePage.tsx'))} />
      <Route path="*" component={lazy(() => import('./pages/MissingPage.tsx'))} />
    </>
  );
}
