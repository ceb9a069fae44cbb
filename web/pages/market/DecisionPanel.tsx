// One decision of the autoscaler with everything behind it: sentence, figures, floors, what was held back, witnesses, inputs, and the button
// that decides it again from the same inputs and says whether it comes out the same.
import { useQuery } from '@tanstack/solid-query';
import { createSignal, For, Show, type JSX } from 'solid-js';
import type { DecisionDetail, DecisionReplay, DecisionView } from '#server/http/contract/index.ts';
import { mutations } from '../../api/mutations.ts';
import { queries } from '../../api/queries.ts';
import { alertText, changeText, floorReason, heldText, reasonText } from '../../format/decision.ts';
import { useAct } from '../../shell/act.ts';
import { language, t } from '../../shell/preferences.ts';
import { show } from '../../shell/show.ts';
import { Button, IconButton } from '../../ui/Button.tsx';
import { Loaded, Skeleton } from '../../ui/Loaded.tsx';
import { Fact, Panel, Part } from '../../ui/Panel.tsx';
import { Badge, Chip } from '../../ui/State.tsx';
import { Table, Td, Th, Tr } from '../../ui/Table.tsx';

type Told = Omit<DecisionView, 'id'>;

export function DecisionPanel(props: { readonly id: string; readonly onClose: () => void }): JSX.Element {
  const decision = useQuery(() => queries.decision(props.id));
  const words = () => t().autoscale.decision;
  return (
    <Panel flush title={words().title} aside={<IconButton icon="close" label={words().close} onClick={() => props.onClose()} />}>
      <Loaded query={decision} skeleton={<Skeleton lines={6} />}>
        {(now) => (
          <div class="divide-line divide-y" data-testid="decision">
            <DecisionBody decision={now()} />
            <Inputs decision={now()} />
            <Replay id={now().id} />
          </div>
        )}
      </Loaded>
    </Panel>
  );
}

const qps = (value: number) => `${show.number(value < 10 ? Math.round(value * 10) / 10 : Math.round(value))} QPS`;

/** Also shown of what new settings would decide, which is no stored decision. */
export function DecisionBody(props: { readonly decision: Told }): JSX.Element {
  const words = () => t().autoscale;
  const facts = () => words().decision.facts;
  const d = () => props.decision;
  return (
    <>
      <div class="flex flex-col gap-2 px-4 py-4">
        <p class="flex flex-wrap items-baseline gap-x-2 gap-y-1">
          <span class="text-2xl font-semibold">{changeText(d(), words(), show)}</span>
          <Show when={d().isPanic}>
            <Badge tone="bad">{words().panicMark}</Badge>
          </Show>
          <Show when={d().mode === 'preview'}>
            <Chip>{words().previewMark}</Chip>
          </Show>
          <Show when={d().wouldWant > d().replicas}>
            <span class="text-bad text-sm">{words().wouldWant(show.number(d().wouldWant))}</span>
          </Show>
        </p>
        <p>{reasonText(d(), words(), show)}</p>
        <For each={d().alerts}>
          {(alert) => (
            <p class="text-bad text-sm">
              {alertText(alert, words(), show).title}. {alertText(alert, words(), show).text}
            </p>
          )}
        </For>
        <details class="text-sm">
          <summary class="text-faint text-xs">{words().decision.server}</summary>
          <p class="text-muted mt-1" lang="en">
            {d().explanation}
          </p>
        </details>
      </div>
      <dl class="grid grid-cols-2 gap-x-4 gap-y-3 px-4 py-4 sm:grid-cols-3">
        <Fact name={facts().at}>{show.moment(d().at)}</Fact>
        <Fact name={facts().level}>{d().level === null ? words().decision.unknown : qps(d().level ?? 0)}</Fact>
        <Fact name={facts().forecast}>{qps(d().forecast)}</Fact>
        <Fact name={facts().bound}>{qps(d().bound)}</Fact>
        <Fact name={facts().expert}>{d().expert === null ? t().common.nothing : (words().experts[d().expert ?? ''] ?? d().expert)}</Fact>
        <Fact name={facts().phase}>{words().phases[d().phase] ?? d().phase}</Fact>
        <Fact name={facts().need}>{show.number(d().need)}</Fact>
        <Fact name={facts().memory}>{show.number(d().memoryNeed)}</Fact>
        <Fact name={facts().carries}>{qps(d().replicaQps)}</Fact>
        <Fact name={facts().ceiling}>{show.permille(d().ceilingPermille)}</Fact>
        <Fact name={facts().settings}>{words().decision.version(show.number(d().settingsVersion))}</Fact>
        <Show when={d().opening}>
          {(opening) => (
            <Fact wide name={facts().opening}>
              {words().decision.opening(t().market.anchors[opening().kind] ?? opening().kind, t().market.names[opening().market] ?? opening().market, show.when(opening().at), show.number(opening().replicas))}
            </Fact>
          )}
        </Show>
      </dl>
      <Floors decision={d()} />
      <Show when={d().suppressed.length > 0}>
        <Part title={words().decision.suppressed}>
          <ul class="flex flex-col gap-1 text-sm">
            <For each={d().suppressed}>
              {(held) => (
                <li>
                  {words().decision.suppressedLine(show.number(held.replicas), heldText(held, words()))} <Show when={held.until}>{(until) => <span class="text-faint whitespace-nowrap">{words().decision.until(show.when(until()))}</span>}</Show>
                </li>
              )}
            </For>
          </ul>
        </Part>
      </Show>
      <Show when={d().witnesses.length > 0}>
        <Part title={words().decision.witnesses}>
          <ul class="grid grid-cols-1 gap-x-4 gap-y-1 text-sm sm:grid-cols-2">
            <For each={d().witnesses}>
              {(witness) => (
                <li class="flex flex-wrap justify-between gap-x-3">
                  <span class="text-muted">{words().witnesses[witness.name] ?? witness.name}</span>
                  <span>
                    {witness.qps === null ? '' : qps(witness.qps)} <span class={witness.verdict === 'trusted' || witness.verdict === 'agrees' ? 'text-ok' : witness.verdict === 'silent' ? 'text-faint' : 'text-warn'}>{words().verdicts[witness.verdict] ?? witness.verdict}</span>
                  </span>
                </li>
              )}
            </For>
          </ul>
        </Part>
      </Show>
    </>
  );
}

function Floors(props: { readonly decision: Told }): JSX.Element {
  const words = () => t().autoscale;
  return (
    <Show when={props.decision.floors.length > 0} fallback={<p class="text-muted px-4 py-3 text-sm">{words().decision.noFloors}</p>}>
      <div class="py-1">
        <Table
          label={words().decision.floors}
          head={
            <>
              <Th>{words().decision.floorColumns.kind}</Th>
              <Th right>{words().decision.floorColumns.replicas}</Th>
              <Th>{words().decision.floorColumns.reason}</Th>
            </>
          }
        >
          <For each={props.decision.floors.toSorted((one, other) => other.replicas - one.replicas)}>
            {(floor) => (
              <Tr>
                <Td>
                  {words().floorKinds[floor.kind] ?? floor.kind}
                  <Show when={floor.kind === props.decision.winner}>
                    <span class="text-accent block text-xs font-medium">{words().decision.winner}</span>
                  </Show>
                </Td>
                <Td right>{show.number(floor.replicas)}</Td>
                <Td class="text-muted text-sm">{floorReason(floor, words(), language() === 'en')}</Td>
              </Tr>
            )}
          </For>
        </Table>
      </div>
    </Show>
  );
}

function Inputs(props: { readonly decision: DecisionDetail }): JSX.Element {
  const words = () => t().autoscale.decision;
  const [open, setOpen] = createSignal(false);
  return (
    <details class="px-4 py-3 text-sm" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary class="text-accent font-medium">{words().inputs}</summary>
      <p class="text-muted mt-1">{words().inputsLead}</p>
      <Show when={open()}>
        <For each={['settings', 'observation', 'state'] as const}>{(name) => <pre class="code bg-sunken border-line mt-2 max-h-64 overflow-auto rounded-md border p-2" tabindex="0" aria-label={name}>{JSON.stringify({ [name]: props.decision.input[name] }, null, 1)}</pre>}</For>
      </Show>
    </details>
  );
}

function Replay(props: { readonly id: string }): JSX.Element {
  const words = () => t().autoscale.decision;
  const act = useAct();
  const [busy, setBusy] = createSignal(false);
  const [answer, setAnswer] = createSignal<DecisionReplay | null>(null);
  const replay = async (): Promise<void> => {
    setBusy(true);
    await act(mutations.replayDecision(props.id), { topics: [], onDone: setAnswer });
    setBusy(false);
  };
  return (
    <div class="flex flex-col items-start gap-2 px-4 py-3">
      <Button size="sm" icon="retry" busy={busy()} onClick={() => void replay()}>
        {words().replay}
      </Button>
      <Show when={answer()?.id === props.id ? answer() : null}>
        {(verdict) => (
          <div role="status" class="flex w-full min-w-0 flex-col gap-1 text-sm">
            <p class={verdict().isIdentical ? 'text-ok font-medium' : 'text-warn font-medium'}>{verdict().isIdentical ? words().identical : words().differs(verdict().differences.length)}</p>
            <Show when={verdict().algorithm.stored !== verdict().algorithm.now}>
              <p class="text-muted">{words().otherSoftware(verdict().algorithm.stored, verdict().algorithm.now)}</p>
            </Show>
            <For each={verdict().differences}>
              {(difference) => (
                <p class="code break-all">
                  {difference.field}: {JSON.stringify(difference.stored)} → {JSON.stringify(difference.again)}
                </p>
              )}
            </For>
          </div>
        )}
      </Show>
    </div>
  );
}
