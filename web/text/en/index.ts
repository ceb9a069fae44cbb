// Every sentence of the console in English; zh/ has the same keys by type, so that a missing translation does not compile. Sentences with
// a number or a name are functions: each language puts them where it wants.
import { accounts } from './accounts.ts';
import { addresses } from './addresses.ts';
import { agents } from './agents.ts';
import { ask, sum } from './ask.ts';
import { autoscale } from './autoscale.ts';
import { autoscaleSettings } from './autoscale-settings.ts';
import { builds, layers, registry } from './builds.ts';
import { burst } from './burst.ts';
import { calendars, signals } from './calendar.ts';
import { chart } from './chart.ts';
import { common, states } from './common.ts';
import { drills } from './drill.ts';
import { fleet } from './fleet.ts';
import { freezes, webhooks } from './guards.ts';
import { maintenance } from './maintenance.ts';
import { market } from './market.ts';
import { metrics } from './metrics.ts';
import { plans } from './plans.ts';
import { policy } from './policy.ts';
import { defragment, proposals, simulate } from './proposals.ts';
import { changes, consequence, proof, survival, whyNot } from './questions.ts';
import { reasons, warnings } from './reasons.ts';
import { releases } from './releases.ts';
import { replica } from './replica.ts';
import { requests } from './requests.ts';
import { rollouts } from './rollouts.ts';
import { services } from './services.ts';
import { sites } from './sites.ts';
import { refusals, shell } from './shell.ts';
import { verdicts } from './verdicts.ts';

export const en = { common, states, chart, shell, refusals, ask, sum, reasons, warnings, services, fleet, requests, plans, policy, changes, consequence, survival, proof, whyNot, simulate, proposals, defragment, releases, rollouts, builds, layers, registry, freezes, webhooks, market, metrics, autoscale, autoscaleSettings, burst, drills, calendars, signals, sites, replica, verdicts, maintenance, addresses, agents, accounts };
export type Dictionary = typeof en;
