// The map of the console: which page stands at which address. Every page is loaded when it is first opened.
import { Route } from '@solidjs/router';
import { lazy, type JSX } from 'solid-js';

/** Pages that buttons lead to: fetched ahead, so that nobody waits for code after a decision, and no page is left while the next is not there. */
const MakeReleasePage = lazy(() => import('./pages/releases/MakeReleasePage.tsx'));
const ReleasePage = lazy(() => import('./pages/releases/ReleasePage.tsx'));
const RolloutPage = lazy(() => import('./pages/releases/RolloutPage.tsx'));
const BuildPage = lazy(() => import('./pages/releases/BuildPage.tsx'));
const DrillPage = lazy(() => import('./pages/market/DrillPage.tsx'));
const MaintenancePage = lazy(() => import('./pages/fleet/MaintenancePage.tsx'));
const ShiftPage = lazy(() => import('./pages/sites/ShiftPage.tsx'));

export function preloadPages(): void {
  for (const page of [MakeReleasePage, ReleasePage, RolloutPage, BuildPage, DrillPage, ShiftPage, MaintenancePage]) void page.preload();
}

export function Routes(): JSX.Element {
  return (
    <>
      <Route path="/" component={lazy(() => import('./pages/OverviewPage.tsx'))} />
      <Route path="/ask" component={lazy(() => import('./pages/requests/AskPage.tsx'))} />
      <Route path="/services" component={lazy(() => import('./pages/services/ServicesPage.tsx'))} />
      <Route path="/services/:name" component={lazy(() => import('./pages/services/ServicePage.tsx'))} />
      <Route path="/services/:name/release" component={MakeReleasePage} />
      <Route path="/services/:name/autoscale" component={lazy(() => import('./pages/market/AutoscaleSettingsPage.tsx'))} />
      <Route path="/market" component={lazy(() => import('./pages/market/MarketPage.tsx'))} />
      <Route path="/replicas/:id" component={lazy(() => import('./pages/services/ReplicaPage.tsx'))} />
      <Route path="/releases/:id" component={ReleasePage} />
      <Route path="/rollouts" component={lazy(() => import('./pages/releases/RolloutsPage.tsx'))} />
      <Route path="/rollouts/:id" component={RolloutPage} />
      <Route path="/burst" component={lazy(() => import('./pages/burst/BurstPage.tsx'))} />
      <Route path="/sites" component={lazy(() => import('./pages/sites/SitesPage.tsx'))} />
      <Route path="/shifts/new" component={lazy(() => import('./pages/sites/MakeShiftPage.tsx'))} />
      <Route path="/shifts/:id" component={ShiftPage} />
      <Route path="/drills" component={lazy(() => import('./pages/market/DrillsPage.tsx'))} />
      <Route path="/drills/:id" component={DrillPage} />
      <Route path="/calendars" component={lazy(() => import('./pages/market/CalendarsPage.tsx'))} />
      <Route path="/signals" component={lazy(() => import('./pages/market/SignalsPage.tsx'))} />
      <Route path="/signals/:name" component={lazy(() => import('./pages/market/SignalPage.tsx'))} />
      <Route path="/builds" component={lazy(() => import('./pages/releases/BuildsPage.tsx'))} />
      <Route path="/builds/:id" component={BuildPage} />
      <Route path="/layers" component={lazy(() => import('./pages/releases/LayersPage.tsx'))} />
      <Route path="/layers/:name" component={lazy(() => import('./pages/releases/LayerPage.tsx'))} />
      <Route path="/registry" component={lazy(() => import('./pages/releases/RegistryPage.tsx'))} />
      <Route path="/freezes" component={lazy(() => import('./pages/releases/FreezesPage.tsx'))} />
      <Route path="/webhooks" component={lazy(() => import('./pages/releases/WebhooksPage.tsx'))} />
      <Route path="/hosts" component={lazy(() => import('./pages/fleet/HostsPage.tsx'))} />
      <Route path="/hosts/:name" component={lazy(() => import('./pages/fleet/HostPage.tsx'))} />
      <Route path="/maintenance" component={lazy(() => import('./pages/fleet/MaintenancesPage.tsx'))} />
      <Route path="/maintenance/:id" component={MaintenancePage} />
      <Route path="/addresses" component={lazy(() => import('./pages/fleet/AddressesPage.tsx'))} />
      <Route path="/agents" component={lazy(() => import('./pages/fleet/AgentsPage.tsx'))} />
      <Route path="/orphans" component={lazy(() => import('./pages/fleet/OrphansPage.tsx'))} />
      <Route path="/governor" component={lazy(() => import('./pages/fleet/GovernorPage.tsx'))} />
      <Route path="/quotas" component={lazy(() => import('./pages/requests/QuotasPage.tsx'))} />
      <Route path="/requests" component={lazy(() => import('./pages/requests/RequestsPage.tsx'))} />
      <Route path="/requests/:id" component={lazy(() => import('./pages/requests/RequestPage.tsx'))} />
      <Route path="/plans" component={lazy(() => import('./pages/placement/PlansPage.tsx'))} />
      <Route path="/plans/:id" component={lazy(() => import('./pages/placement/PlanPage.tsx'))} />
      <Route path="/policy" component={lazy(() => import('./pages/placement/PolicyPage.tsx'))} />
      <Route path="/simulate" component={lazy(() => import('./pages/placement/SimulatePage.tsx'))} />
      <Route path="/defragment" component={lazy(() => import('./pages/placement/DefragmentPage.tsx'))} />
      <Route path="/proposals" component={lazy(() => import('./pages/placement/ProposalsPage.tsx'))} />
      <Route path="/proposals/:id" component={lazy(() => import('./pages/placement/ProposalPage.tsx'))} />
      <Route path="/events" component={lazy(() => import('./pages/EventsPage.tsx'))} />
      <Route path="/networks" component={lazy(() => import('./pages/fleet/NetworksPage.tsx'))} />
      <Route path="/account" component={lazy(() => import('./pages/AccountPage.tsx'))} />
      <Route path="/people" component={lazy(() => import('./pages/PeoplePage.tsx'))} />
      <Route path="*" component={lazy(() => import('./pages/MissingPage.tsx'))} />
    </>
  );
}
