// The proven gap of the whole cluster as a figure of the overview: how much of what is paid is proven to be needed.
import { useQuery } from '@tanstack/solid-query';
import { createSignal, Match, Show, Switch, type JSX } from 'solid-js';
import { dataOf } from '../../api/data.ts';
import { queries } from '../../api/queries.ts';
import { t } from '../../shell/preferences.ts';
import { show } from '../../shell/show.ts';
import { Meter } from '../../ui/Meter.tsx';
import { Figure } from '../../ui/Panel.tsx';
import { ClusterProofDialog } from './ProofBadge.tsx';

export function ProofGauge(): JSX.Element {
  const query = useQuery(() => ({ ...queries.proof(), reconcile: false as const }));
  const [open, setOpen] = createSignal(false);
  const proof = () => dataOf(query);
  return (
    <Switch fallback={<Figure name={t().proof.gauge} value={t().common.nothing} unit={query.isError ? t().common.failed : t().proof.unproven} />}>
      <Match when={proof()?.gap}>
        {(gap) => (
          <Figure name={t().proof.gauge} value={<span data-testid="proven-gap">{show.gap(gap().percent)}</span>} unit={t().proof.gaugeUnit}>
            <div class="my-1">
              <Meter label={t().proof.gauge} text={`${show.money(gap().boundCentsPerHour)} / ${show.money(gap().costCentsPerHour)}`} whole={Math.max(1, gap().costCentsPerHour)} parts={[{ amount: Math.min(gap().boundCentsPerHour, gap().costCentsPerHour), tone: 'used' }, { amount: Math.max(0, gap().costCentsPerHour - gap().boundCentsPerHour), tone: 'freed' }]} />
            </div>
            <div>
              <button type="button" class="text-accent text-xs hover:underline" onClick={() => setOpen(true)}>
                {t().proof.how}
              </button>
            </div>
            <Show when={proof()}>{(now) => <ClusterProofDialog open={open()} onClose={() => setOpen(false)} proof={now()} gap={gap()} />}</Show>
          </Figure>
        )}
      </Match>
    </Switch>
  );
}
