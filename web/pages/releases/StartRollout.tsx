// The last two steps of a release: the scheduler's plan for the rollout as it is edited, and the start with what stands in the way. Whoever
// may pass over a blocker says why.
import { useNavigate } from '@solidjs/router';
import { createMemo, createSignal, For, Show, type JSX } from 'solid-js';
import type { Preflight, ReleaseView } from '#server/http/contract/index.ts';
import { can } from '../../api/can.ts';
import { mutations } from '../../api/mutations.ts';
import { faultText } from '../../forms/fault-text.ts';
import { createPreflightFeed } from '../../forms/preflight-feed.ts';
import { STRATEGIES, toStrategy, usualPreset, type StrategyForm } from '../../forms/strategy-form.ts';
import { StrategyFields } from '../../forms/StrategyFields.tsx';
import { paths } from '../../paths.ts';
import { useAct } from '../../shell/act.ts';
import { t } from '../../shell/preferences.ts';
import { because, useSession } from '../../shell/session.ts';
import { createStore } from '../../solid.ts';
import { Button } from '../../ui/Button.tsx';
import { Checkbox, TextArea } from '../../ui/Field.tsx';
import { Icon } from '../../ui/Icon.tsx';
import { Panel } from '../../ui/Panel.tsx';
import { PreflightPanel } from './PreflightView.tsx';
import { ReadinessFacts, ReadinessLight } from './ReadinessView.tsx';

export interface StartRolloutProps {
  readonly release: ReleaseView;
  readonly diff: JSX.Element;
  readonly facts: JSX.Element;
  /** A start is under way: this part has to stay until it has led to the rollout's page, or has failed. */
  readonly onStarting: (isStarting: boolean) => void;
}

export function StartRollout(props: StartRolloutProps): JSX.Element {
  const act = useAct();
  const navigate = useNavigate();
  // The form starts once from what is usual; later answers of the server must not overwrite what was chosen.
  // eslint-disable-next-line solid/reactivity
  const [form, setForm] = createStore<StrategyForm>({ ...STRATEGIES[usualPreset(props.release.environment)] });
  const [refused, setRefused] = createSignal<Readonly<Record<string, string>>>({});
  const [busy, setBusy] = createSignal(false);
  const converted = createMemo(() => toStrategy({ ...form, steps: form.steps.map((step) => ({ ...step })) }));
  const { me } = useSession();
  const refusedToAsk = () => because(can.runRollout(me(), props.release.team));
  const feed = createPreflightFeed(() => props.release.id, () => (refusedToAsk() === null ? converted().strategy : null));
  const set = (change: Partial<StrategyForm>): void => {
    setForm(change);
    setRefused({});
  };
  const errors = () => ({ ...feed.error()?.fields, ...refused(), ...Object.fromEntries(Object.entries(converted().faults).map(([field, fault]) => [field, faultText(fault)])) });
  const start = async (why: string, override: string[]): Promise<void> => {
    const { strategy } = converted();
    if (strategy === null || busy()) return;
    setBusy(true);
    props.onStarting(true);
    const done = await act(mutations.startRollout(props.release.id, { strategy, why, override }), { topics: ['rollouts'], done: t().rollouts.start.started, onFields: setRefused, onDone: (rollout) => navigate(paths.rollout(rollout.id)) });
    setBusy(false);
    if (!done) props.onStarting(false);
  };
  return (
    <div class="grid grid-cols-1 items-start gap-5 lg:grid-cols-[minmax(0,7fr)_minmax(0,5fr)]">
      <div class="flex min-w-0 flex-col gap-5">
        <PreflightPanel feed={feed} refused={refusedToAsk()} release={props.release} onStopFirst={() => set(STRATEGIES['stop-first'])} onSmallerSurge={() => set({ surge: '1', surgeUnit: 'count' })} />
        <Panel title={t().rollouts.strategy.title}>
          <StrategyFields form={form} set={set} errors={errors()} />
        </Panel>
      </div>
      <div class="flex min-w-0 flex-col gap-5">
        <StartPanel release={props.release} preflight={feed.answer()} isOld={feed.isOld()} isReadable={converted().strategy !== null} busy={busy()} errors={errors()} onStart={(why, override) => void start(why, override)} />
        <Show when={feed.answer()?.readiness}>
          {(readiness) => (
            <Panel title={t().rollouts.readiness.title} aside={<ReadinessLight readiness={readiness()} />}>
              <ReadinessFacts readiness={readiness()} />
            </Panel>
          )}
        </Show>
        {props.diff}
        {props.facts}
      </div>
    </div>
  );
}

interface StartProps {
  readonly release: ReleaseView;
  readonly preflight: Preflight | undefined;
  readonly isOld: boolean;
  /** Whether the strategy can be read. */
  readonly isReadable: boolean;
  readonly busy: boolean;
  readonly errors: Readonly<Record<string, string>>;
  readonly onStart: (why: string, override: string[]) => void;
}

function StartPanel(props: StartProps): JSX.Element {
  const { me } = useSession();
  const words = () => t().rollouts.start;
  const [why, setWhy] = createSignal('');
  const [passed, setPassed] = createSignal<readonly string[]>([]);
  const [tried, setTried] = createSignal(false);
  const blockers = () => props.preflight?.blockers ?? [];
  const inTheWay = () => blockers().filter(({ code }) => !passed().includes(code));
  const needsWhy = () => passed().length > 0;
  const refused = () => {
    const reason = because(can.runRollout(me(), props.release.team));
    if (reason !== null) return reason;
    if (props.preflight === undefined || props.isOld || !props.isReadable) return words().planning;
    return inTheWay().length > 0 ? words().blocked : null;
  };
  const press = (): void => {
    setTried(true);
    if (needsWhy() && why().trim() === '') return;
    props.onStart(why().trim(), passed().filter((code) => blockers().some((each) => each.code === code)));
  };
  return (
    <Panel title={words().title}>
      <div class="flex flex-col gap-4">
        <Show when={props.preflight} fallback={<p class="text-muted text-sm">{words().planning}</p>}>
          <Show
            when={blockers().length > 0}
            fallback={
              <p class="text-ok flex items-center gap-2 text-sm font-medium">
                <Icon name="check" />
                {words().clear}
              </p>
            }
          >
            <Blockers blockers={blockers()} passed={passed()} onPass={(code, isPassed) => setPassed((all) => (isPassed ? [...all, code] : all.filter((each) => each !== code)))} />
          </Show>
        </Show>
        <TextArea label={words().why} rows={2} optional={needsWhy() ? '' : t().common.optional} placeholder={words().whyPlaceholder} value={why()} onInput={setWhy} error={props.errors.why ?? (tried() && needsWhy() && why().trim() === '' ? words().overrideWhy : null)} />
        <Button tone="primary" icon="rollouts" busy={props.busy} refused={refused()} onClick={press}>
          {words().submit}
        </Button>
      </div>
    </Panel>
  );
}

function Blockers(props: { readonly blockers: Preflight['blockers']; readonly passed: readonly string[]; readonly onPass: (code: string, isPassed: boolean) => void }): JSX.Element {
  const { me } = useSession();
  const words = () => t().rollouts.start;
  return (
    <section aria-label={words().blockers}>
      <h3 class="text-bad mb-2 flex items-center gap-2 text-sm font-semibold">
        <Icon name="stop" />
        {words().blockers}
      </h3>
      <ul class="flex flex-col gap-3">
        <For each={props.blockers}>
          {(blocker) => (
            <li class="border-line rounded-md border p-3 text-sm">
              <p>
                <span class="font-medium">{words().blockerNames[blocker.code] ?? blocker.code}</span>
                <span class="text-muted block break-words">{blocker.message}</span>
              </p>
              <Show when={blocker.overridable} fallback={<p class="text-faint mt-1 text-xs">{words().overrideNever}</p>}>
                <div class="mt-2">
                  <Show when={can.overrideBlockers(me()) === null} fallback={<p class="text-faint text-xs">{because(can.overrideBlockers(me()))}</p>}>
                    <Checkbox label={words().override} checked={props.passed.includes(blocker.code)} onInput={(checked) => props.onPass(blocker.code, checked)} />
                  </Show>
                </div>
              </Show>
            </li>
          )}
        </For>
      </ul>
    </section>
  );
}
