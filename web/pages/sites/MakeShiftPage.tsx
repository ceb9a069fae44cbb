// Composes a shift of traffic: new weights of a name or a site that should be empty, with the plan beside it as the sliders move.
import { useNavigate, useSearchParams } from '@solidjs/router';
import { useQuery } from '@tanstack/solid-query';
import { createEffect, createSignal, For, Match, on, Show, Switch, type JSX } from 'solid-js';
import type { NameView, ShiftAskInput, SiteView } from '#server/http/contract/index.ts';
import { can } from '../../api/can.ts';
import { siteMutations, siteQueries } from '../../api/sites.ts';
import { createShiftFeed } from '../../forms/shift-feed.ts';
import { paths } from '../../paths.ts';
import { useAct } from '../../shell/act.ts';
import { t } from '../../shell/preferences.ts';
import { because, useSession } from '../../shell/session.ts';
import { show } from '../../shell/show.ts';
import { Button } from '../../ui/Button.tsx';
import { Input, Segmented, Select, Slider, TextArea } from '../../ui/Field.tsx';
import { Loaded } from '../../ui/Loaded.tsx';
import { PageHead, Panel } from '../../ui/Panel.tsx';
import { ShiftPlanView } from './ShiftPlanView.tsx';

const PERMILLE_A_PERCENT = 10;
/** What a site has that nobody gave a weight. */
const WHOLE = 1000;

export default function MakeShiftPage(): JSX.Element {
  const names = useQuery(() => siteQueries.names());
  const sites = useQuery(() => siteQueries.sites());
  return (
    <Loaded query={sites}>{(all) => <Loaded query={names}>{(known) => <Compose names={known()} sites={all()} />}</Loaded>}</Loaded>
  );
}

function Compose(props: { readonly names: readonly NameView[]; readonly sites: readonly SiteView[] }): JSX.Element {
  const { me } = useSession();
  const [search] = useSearchParams<{ name?: string; drain?: string }>();
  const navigate = useNavigate();
  const act = useAct();
  const [kind, setKind] = createSignal<'weights' | 'drain'>(search.drain === undefined ? 'weights' : 'drain');
  const [site, setSite] = createSignal(search.drain ?? '');
  // Names that come later do not change what a person is about to shift.
  // eslint-disable-next-line solid/reactivity
  const [name, setName] = createSignal(search.name ?? props.names[0]?.name ?? '');
  const [weights, setWeights] = createSignal<Readonly<Record<string, string>>>({});
  const [steps, setSteps] = createSignal('4');
  const [stepSeconds, setStepSeconds] = createSignal('60');
  const [reason, setReason] = createSignal('');
  const [busy, setBusy] = createSignal(false);
  const words = () => t().sites.shifts;
  const chosen = () => props.names.find((each) => each.name === name());
  /** Every site, also those where nothing of it runs yet: traffic may be shifted there once replicas are. */
  const places = () => props.sites.map((each) => ({ site: each.name, now: chosen()?.sites.find(({ site: at }) => at === each.name) }));
  createEffect(on(name, () => setWeights(Object.fromEntries(places().map(({ site: at, now }) => [at, String((now?.setWeight ?? WHOLE) / PERMILLE_A_PERCENT)])))));
  const pace = () => ({ steps: whole(steps(), 4), stepSeconds: whole(stepSeconds(), 60), reason: reason().trim() });
  const ask = (): ShiftAskInput | null => {
    if (kind() === 'drain') return site() === '' ? null : { kind: 'drain', site: site(), ...pace() };
    const moved = Object.fromEntries(Object.entries(weights()).map(([at, text]) => [at, Math.max(0, Math.min(1000, Math.round((Number(text) || 0) * PERMILLE_A_PERCENT)))]));
    const isSame = chosen() === undefined || places().every(({ site: at, now }) => moved[at] === (now?.setWeight ?? WHOLE));
    return isSame ? null : { kind: 'weights', changes: [{ name: name(), weights: moved }], ...pace() };
  };
  /** Why it is shifted changes no figure: words do not ask for a new plan. */
  const feed = createShiftFeed(() => {
    const now = ask();
    return now === null ? null : { ...now, reason: '' };
  });
  const propose = async (event: Event): Promise<void> => {
    event.preventDefault();
    const now = ask();
    if (now === null || busy()) return;
    setBusy(true);
    await act(siteMutations.makeShift(now), { topics: ['shifts', 'names', 'sites'], done: words().proposed, onDone: (shift) => navigate(paths.shift(shift.id)) });
    setBusy(false);
  };
  const refused = () => because(can.manageSites(me())) ?? (ask() === null ? (kind() === 'drain' ? words().chooseSite : words().unchanged) : null);
  return (
    <>
      <PageHead title={words().makeTitle} crumbs={[{ href: paths.sites(), text: t().sites.title }]} lead={words().makeLead} cli="firn traffic shift --help" />
      <div class="grid grid-cols-1 items-start gap-5 lg:grid-cols-[minmax(0,5fr)_minmax(0,7fr)]">
        <Panel>
          <form class="flex flex-col gap-4" onSubmit={(event) => void propose(event)} novalidate>
            <Segmented full label={words().kind} value={kind()} options={(['weights', 'drain'] as const).map((value) => ({ value, text: words().kinds[value] }))} onInput={(value) => setKind(value as 'weights' | 'drain')} />
            <Show when={kind() === 'weights'} fallback={<Select label={words().site} value={site()} options={[{ value: '', text: t().common.nothing }, ...props.sites.map((each) => ({ value: each.name, text: each.name }))]} onInput={setSite} />}>
              <Show when={props.names.length > 0} fallback={<p class="text-muted">{words().noNames}</p>}>
                <Select label={words().name} value={name()} options={props.names.map((each) => ({ value: each.name, text: each.name }))} onInput={setName} />
                <For each={places()}>{(each) => <Slider label={words().weight(each.site)} note={each.now === undefined ? t().sites.names.codes['no-replicas'] : `${t().sites.names.weightText(show.permille(each.now.weight), show.permille(each.now.setWeight))} · ${t().sites.names.codes[each.now.code]}`} value={weights()[each.site] ?? ''} onInput={(value) => setWeights({ ...weights(), [each.site]: value })} />}</For>
              </Show>
            </Show>
            <div class="grid grid-cols-2 gap-3">
              <Input label={words().steps} unit=" " value={steps()} onInput={setSteps} />
              <Input label={words().stepSeconds} unit={t().sites.failover.seconds} value={stepSeconds()} onInput={setStepSeconds} />
            </div>
            <TextArea label={t().common.reason} optional={t().common.optional} rows={2} value={reason()} onInput={setReason} />
            <Button type="submit" tone="primary" busy={busy()} refused={refused()}>
              {words().propose}
            </Button>
          </form>
        </Panel>
        <Panel flush title={words().plan} class={feed.isOld() && feed.plan() !== null ? 'opacity-60 transition-opacity' : 'transition-opacity'}>
          <Switch fallback={<p class="text-muted px-4 py-10 text-center">{ask() === null ? (kind() === 'drain' ? words().chooseSite : words().unchanged) : t().common.loading}</p>}>
            <Match when={feed.error()}>{(error) => <p role="alert" class="text-bad px-4 py-8 text-center">{error().message}</p>}</Match>
            <Match when={feed.plan()}>{(plan) => <ShiftPlanView plan={plan()} />}</Match>
          </Switch>
        </Panel>
      </div>
    </>
  );
}

function whole(text: string, otherwise: number): number {
  const value = Number(text);
  return text.trim() === '' || !Number.isInteger(value) || value < 0 ? otherwise : value;
}
