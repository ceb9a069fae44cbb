// When a maintenance is done, as the range that it honestly is, with what it rests on and what holds it back.
import { Show, type JSX } from 'solid-js';
import type { Maintenance } from '#server/http/contract/index.ts';
import { t } from '../../shell/preferences.ts';
import { show } from '../../shell/show.ts';

export function EtaText(props: { readonly eta: Maintenance['eta'] }): JSX.Element {
  return (
    <Show when={props.eta} fallback={<p class="text-muted">{t().maintenance.eta.none}</p>}>
      {(eta) => (
        <div>
          <p>
            <strong>{t().maintenance.eta.range(show.duration(eta().earliestSeconds), show.duration(eta().latestSeconds))}</strong>, {t().maintenance.eta.at(show.clock(eta().earliestAt), show.clock(eta().latestAt))}
          </p>
          <p class="text-muted text-sm">
            {t().maintenance.eta.moves(eta().moves)}, {t().maintenance.eta.basis[eta().basis]}; {t().maintenance.eta.limitedBy[eta().limitedBy]}.
          </p>
        </div>
      )}
    </Show>
  );
}
