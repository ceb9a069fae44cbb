// Ask for capacity: the form on one side, its quote on the other while it is typed. Opened with a service and an environment it resizes
// that workload: the form starts from what is asked now.
import { useNavigate, useSearchParams } from '@solidjs/router';
import { useQuery } from '@tanstack/solid-query';
import { createEffect, createMemo, createSignal, For, on, Show, type JSX } from 'solid-js';
import type { CapacityRequest } from '#server/http/contract/index.ts';
import { can, teamsToAskFor } from '../../api/can.ts';
import { dataOf } from '../../api/data.ts';
import { mutations } from '../../api/mutations.ts';
import { queries } from '../../api/queries.ts';
import { AskFields } from '../../forms/AskFields.tsx';
import { changeOf, EMPTY_FORM, fromWorkload, PRESETS, toDraft, withChange, type AskForm } from '../../forms/ask-draft.ts';
import { faultText } from '../../forms/fault-text.ts';
import { createQuoteFeed } from '../../forms/quote-feed.ts';
import { paths } from '../../paths.ts';
import { useAct } from '../../shell/act.ts';
import { t } from '../../shell/preferences.ts';
import { because, useSession } from '../../shell/session.ts';
import { createStore } from '../../solid.ts';
import { Button, ButtonLink } from '../../ui/Button.tsx';
import { CommandLine } from '../../ui/Cli.tsx';
import { TextArea } from '../../ui/Field.tsx';
import { Empty, Loaded, Skeleton } from '../../ui/Loaded.tsx';
import { PageHead, Panel } from '../../ui/Panel.tsx';
import { askCommand } from '../../forms/ask-command.ts';
import { QuoteLine, QuotePanel } from './QuotePanel.tsx';

export default function AskPage(): JSX.Element {
  const { me, status } = useSession();
  const [search] = useSearchParams();
  const teams = useQuery(() => queries.teams());
  const services = useQuery(() => queries.services());
  const mine = () => teamsToAskFor(me(), (dataOf(teams) ?? []).map(({ name }) => name));
  const workload = () =>
    dataOf(services)
      ?.find(({ name }) => name === search.service)
      ?.workloads.find(({ environment }) => environment === search.environment);
  // Where a workload may run stands in what was asked last: a resize must not lose it.
  const asked = useQuery(() => ({ ...queries.request(workload()?.requestId ?? ''), enabled: workload() !== undefined, reconcile: false as const }));
  return (
    <Loaded query={teams} skeleton={<Skeleton lines={6} />}>
      {(allTeams) => (
        <Loaded query={services} skeleton={<Skeleton lines={6} />}>
          {(all) => (
            <Show when={status() !== undefined && !asked.isLoading} fallback={<Skeleton lines={6} />}>
              <Show when={mine().length > 0} fallback={<NoTeam isEmpty={allTeams().length === 0} />}>
                <AskForCapacity
                  teams={mine()}
                  start={workload() === undefined ? null : withChange(fromWorkload(workload()!, dataOf(asked)?.draft), changeOf(search))}
                  title={workload() === undefined ? t().ask.title : t().ask.titleResize(workload()!.name)}
                  serviceNames={all().map(({ name }) => name)}
                />
              </Show>
            </Show>
          )}
        </Loaded>
      )}
    </Loaded>
  );
}

/** Somebody who may ask for no team, or a cluster that has none yet. */
function NoTeam(props: { readonly isEmpty: boolean }): JSX.Element {
  const { me } = useSession();
  return (
    <>
      <PageHead title={t().ask.title} />
      <Panel flush>
        <Show
          when={props.isEmpty}
          fallback={
            <Empty icon="people" title={t().ask.noTeam} action={<CommandLine command={`firn user edit ${me().name} --role developer:TEAM`} />}>
              {t().ask.noTeamLead}
            </Empty>
          }
        >
          <Empty icon="people" title={t().accounts.people.noTeams} action={<div class="flex flex-col items-center gap-3"><Show when={can.manageAccounts(me()) === null}><ButtonLink href={paths.people()} tone="primary" icon="ask">{t().accounts.people.addTeam}</ButtonLink></Show><CommandLine command="firn team create NAME" /></div>}>
            {t().accounts.people.noTeamsLead}
          </Empty>
        </Show>
      </Panel>
    </>
  );
}

function AskForCapacity(props: { readonly teams: readonly string[]; readonly start: AskForm | null; readonly title: string; readonly serviceNames: readonly string[] }): JSX.Element {
  const { me, status } = useSession();
  const navigate = useNavigate();
  const act = useAct();
  const environments = () => status()?.environments ?? [];
  const policy = useQuery(() => ({ ...queries.policy(), reconcile: false as const }));
  const classes = () => Object.keys(dataOf(policy)?.record.classes ?? {});
  // The form starts once from what the page was opened with; later answers of the server must not overwrite what was typed.
  // eslint-disable-next-line solid/reactivity
  const [form, setForm] = createStore<AskForm>(props.start ?? { ...EMPTY_FORM, team: props.teams[0] ?? '', environment: environments().includes('production') ? 'production' : (environments()[0] ?? '') });
  const [tried, setTried] = createSignal(false);
  const [refused, setRefused] = createSignal<Readonly<Record<string, string>>>({});
  const [busy, setBusy] = createSignal(false);
  let key = crypto.randomUUID();

  const converted = createMemo(() => toDraft({ ...form }));
  const feed = createQuoteFeed(() => converted().draft);
  const set = (change: Partial<AskForm>): void => {
    setForm(change);
    setRefused((all) => (Object.keys(all).length === 0 ? all : {}));
  };
  // Another draft is another request, even if the first was never answered.
  createEffect(on(() => JSON.stringify(converted().draft), () => void (key = crypto.randomUUID()), { defer: true }));

  const errors = (): Record<string, string> => {
    const found: Record<string, string> = { ...feed.error()?.fields, ...refused() };
    for (const [field, fault] of Object.entries(converted().faults)) if (tried() || fault.code !== 'needed' || !LATE.has(field)) found[field] = faultText(fault);
    return found;
  };
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    setTried(true);
    const { draft, faults } = converted();
    if (draft === null || Object.keys(faults).length > 0 || busy()) {
      focusFirstError();
      return;
    }
    setBusy(true);
    const done = (request: CapacityRequest): void => navigate(request.state === 'waiting' ? paths.request(request.id) : paths.service(request.draft.service, { environment: request.draft.environment }));
    const text = feed.quoted()?.quote.outcome === 'waits-for-approval' ? t().ask.submittedWaits : t().ask.submitted;
    const ok = await act(mutations.submit(draft, key), { topics: ['requests', 'services', 'plans'], done: text, onDone: done, onFields: setRefused });
    setBusy(false);
    if (!ok) focusFirstError();
  };
  const waits = () => feed.quoted()?.quote.outcome === 'waits-for-approval';

  return (
    <>
      <PageHead title={props.title} lead={t().ask.lead} cli={[askCommand('quote', converted().draft), askCommand('submit', converted().draft)]} />
      <div class="grid grid-cols-1 items-start gap-5 lg:grid-cols-[minmax(0,1fr)_minmax(0,1fr)] xl:grid-cols-[minmax(0,5fr)_minmax(0,6fr)]">
        <form class="flex min-w-0 flex-col gap-4" onSubmit={(event) => void submit(event)} novalidate>
          <Show when={props.start === null}>
            <Presets onChoose={set} />
          </Show>
          <Panel flush>
            <AskFields form={form} set={set} errors={errors()} teams={props.teams} environments={environments()} shapes={status()?.shapes ?? {}} classes={classes()} defaultShape={status()?.defaultShape ?? ''} serviceNames={props.serviceNames} isResize={props.start !== null} />
          </Panel>
          <Panel>
            <TextArea label={t().ask.why} rows={2} placeholder={t().ask.whyPlaceholder} value={form.why} onInput={(why) => set({ why })} error={errors().why} optional={waits() ? '' : t().common.optional} />
            <div class="mt-4 flex justify-end">
              <Button type="submit" tone="primary" busy={busy()} refused={because(can.submit(me(), form.team))}>
                {waits() ? t().ask.submitWaits : t().ask.submit}
              </Button>
            </div>
          </Panel>
        </form>
        <QuotePanel feed={feed} onAsk={(change) => set(withChange({ ...form }, change))} />
      </div>
      <QuoteLine feed={feed} />
    </>
  );
}

/** Fields that are empty at first: they are only called missing once somebody tried to submit. */
const LATE = new Set(['service', 'run.image', 'team']);

function focusFirstError(): void {
  requestAnimationFrame(() => document.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus());
}

function Presets(props: { readonly onChoose: (change: Partial<AskForm>) => void }): JSX.Element {
  return (
    <div class="flex flex-wrap items-center gap-2">
      <span class="text-faint text-sm">{t().ask.presets}</span>
      <For each={Object.entries(PRESETS)}>
        {([name, preset]) => (
          <button type="button" class="border-line bg-panel text-muted hover:border-accent hover:text-accent rounded-full border px-3 py-1 text-sm transition-colors" onClick={() => props.onChoose(preset)}>
            {t().ask.presetNames[name as keyof typeof PRESETS]}
          </button>
        )}
      </For>
    </div>
  );
}
