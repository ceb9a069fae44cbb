// The gates of a rollout with their figures: what the old release does, what the new one does, the limit, the verdict. And the quote for a
// release that costs more than the old one: how many replicas and how much money it would take.
import { For, Show, type JSX } from 'solid-js';
import type { RolloutDetail } from '#server/http/contract/index.ts';
import { limitText, sideText } from '../../format/rollout.ts';
import { toneOf } from '../../format/tone.ts';
import { language, t } from '../../shell/preferences.ts';
import { show } from '../../shell/show.ts';
import { Icon } from '../../ui/Icon.tsx';
import { Panel } from '../../ui/Panel.tsx';
import { Badge } from '../../ui/State.tsx';
import { Table, Td, Th, Tr } from '../../ui/Table.tsx';
import { VerbButton } from './RolloutActions.tsx';

type Figures = NonNullable<RolloutDetail['figures']>;

export function RolloutGates(props: { readonly rollout: RolloutDetail }): JSX.Element {
  return (
    <Panel flush title={t().rollouts.gates} aside={<Show when={props.rollout.figures}>{(figures) => <span title={show.moment(figures().at)}>{t().rollouts.gatesWindow(show.duration(figures().windowSeconds))}</span>}</Show>}>
      <Show when={props.rollout.figures} fallback={<p class="text-muted px-4 py-8 text-center text-sm">{t().rollouts.gatesNone}</p>}>
        {(figures) => (
          <Table
            label={t().rollouts.gates}
            class="min-w-xl"
            head={
              <>
                <Th>{t().rollouts.gateColumns.gate}</Th>
                <Th>{t().rollouts.gateColumns.verdict}</Th>
                <Th right>
                  {t().rollouts.gateColumns.before} {t().releases.version(props.rollout.from.version)}
                </Th>
                <Th right>
                  {t().rollouts.gateColumns.after} {t().releases.version(props.rollout.to.version)}
                </Th>
                <Th right>{t().rollouts.gateColumns.limit}</Th>
              </>
            }
          >
            <For each={figures().verdicts}>{(verdict) => <Gate verdict={verdict} figures={figures()} />}</For>
          </Table>
        )}
      </Show>
    </Panel>
  );
}

function Gate(props: { readonly verdict: Figures['verdicts'][number]; readonly figures: Figures }): JSX.Element {
  const side = (which: 'before' | 'after') => (props.verdict.gate === 'health' ? failures(which) : sideText(props.verdict.gate, props.figures[which], t(), language())) ?? t().common.nothing;
  /** Only the new release is judged by its failures. */
  const failures = (which: 'before' | 'after') => (which === 'after' && props.verdict.value !== null ? t().rollouts.failures(props.verdict.value) : null);
  return (
    <Tr>
      <Td>
        <span class="font-medium whitespace-nowrap">{t().rollouts.gateNames[props.verdict.gate]}</span>
        <p class="text-muted mt-0.5 max-w-80 min-w-36 text-xs">{props.verdict.sentence}</p>
      </Td>
      <Td>
        <Badge tone={toneOf.verdict(props.verdict.state)}>{t().rollouts.verdicts[props.verdict.state]}</Badge>
      </Td>
      <Td right class="text-muted whitespace-nowrap">
        {side('before')}
      </Td>
      <Td right class="whitespace-nowrap">
        {side('after')}
      </Td>
      <Td right class="text-muted whitespace-nowrap">
        {limitText(props.verdict, t(), language()) ?? t().common.nothing}
      </Td>
    </Tr>
  );
}

/** `n` more replicas and their price, with the two answers that there are. */
export function CostQuote(props: { readonly extra: NonNullable<Figures['extra']>; readonly rollout: RolloutDetail }): JSX.Element {
  return (
    <section class="border-warn/40 bg-panel shadow-panel flex flex-wrap items-center justify-between gap-x-6 gap-y-3 rounded-lg border-2 px-4 py-4" aria-label={t().rollouts.extra.title} data-testid="cost-quote">
      <div class="flex min-w-0 items-start gap-3">
        <span class="bg-warn-soft text-warn rounded-full p-2">
          <Icon name="quotas" class="size-5" />
        </span>
        <div class="min-w-0">
          <h2 class="font-semibold">{t().rollouts.extra.title}</h2>
          <p>{t().rollouts.extra.text(props.extra.replicas, show.money(props.extra.costCentsPerHour))}</p>
          <p class="text-muted text-sm">
            {t().rollouts.extra.measured(show.number(props.extra.cpuMsPerRequest))} {t().rollouts.extra.month(show.moneyAMonth(props.extra.costCentsPerHour))}
          </p>
        </div>
      </div>
      <div class="flex flex-wrap gap-2">
        <VerbButton rollout={props.rollout} verb="roll-back" />
        <VerbButton rollout={props.rollout} verb="accept" tone="primary" />
      </div>
    </section>
  );
}
