// Why a host is held to be what it is: when it was heard, what others found when they looked for it, and what follows when nothing changes.
import { useQuery } from '@tanstack/solid-query';
import { createSignal, For, Show, type JSX } from 'solid-js';
import type { Grounds, HostEvidence } from '#server/http/contract/index.ts';
import { fleetMutations, fleetQueries } from '../../api/fleet.ts';
import { useAct } from '../../shell/act.ts';
import { t } from '../../shell/preferences.ts';
import { show } from '../../shell/show.ts';
import { Button } from '../../ui/Button.tsx';
import { ReasonDialog } from '../../ui/Dialog.tsx';
import { Loaded } from '../../ui/Loaded.tsx';
import { Fact, Panel } from '../../ui/Panel.tsx';
import { Dot } from '../../ui/State.tsx';

const SECOND_MS = 1000;

/** Grounds as a sentence: in the reader's language where the code is known. */
export function groundsText(grounds: Grounds): string {
  return t().verdicts.grounds[grounds.code]?.(grounds.data) ?? grounds.sentence;
}

export function HostEvidencePanel(props: { readonly host: string }): JSX.Element {
  const evidence = useQuery(() => fleetQueries.evidence(props.host));
  const act = useAct();
  const [calling, setCalling] = createSignal(false);
  return (
    <Panel title={t().verdicts.evidence.title}>
      <Loaded query={evidence}>
        {(now) => (
          <>
            <p class="mb-3 break-words">{groundsText(now().grounds)}</p>
            <dl class="grid grid-cols-2 gap-x-4 gap-y-3">
              <Fact name={t().verdicts.evidence.since}>
                <span title={show.moment(now().since)}>{show.ago(now().since)}</span>
              </Fact>
              <Fact name={t().verdicts.evidence.silent}>
                {now().silentMs === null ? t().common.nothing : show.duration(now().silentMs! / SECOND_MS)}
                <span class="text-faint block text-xs">{t().verdicts.evidence.lease(show.duration(now().leaseMs / SECOND_MS))}</span>
              </Fact>
              <Fact name={t().verdicts.evidence.connected}>{t().verdicts.evidence.connections[now().isConnected ? 'yes' : 'no']}</Fact>
              <Fact name={t().verdicts.evidence.engine}>{t().verdicts.evidence.engines[now().engine]}</Fact>
              <Fact name={t().verdicts.evidence.clock}>{clockText(now().clockSkewMs)}</Fact>
              <Show when={now().state === 'suspect'}>
                <Fact name={t().verdicts.evidence.lostAt}>{now().lostAt === null ? t().verdicts.evidence.notForSilence : show.clock(now().lostAt!)}</Fact>
              </Show>
            </dl>
            <Second path={now().secondPath} />
            <Show when={now().state === 'suspect'}>
              <div class="mt-4">
                <Button size="sm" tone="danger" refused={now().mayCallLost.may ? null : now().mayCallLost.reason} onClick={() => setCalling(true)}>
                  {t().verdicts.evidence.callLost}
                </Button>
              </div>
            </Show>
          </>
        )}
      </Loaded>
      <ReasonDialog
        open={calling()}
        onClose={() => setCalling(false)}
        title={t().verdicts.evidence.callLostTitle(props.host)}
        lead={t().verdicts.evidence.callLostLead}
        confirm={t().verdicts.evidence.callLost}
        tone="danger"
        reason="required"
        onConfirm={(reason) => act(fleetMutations.callLost(props.host, reason), { topics: ['hosts'], done: t().verdicts.evidence.calledLost(props.host) })}
      />
    </Panel>
  );
}

function clockText(skewMs: number | null): string {
  if (skewMs === null) return t().common.nothing;
  const seconds = Math.round(Math.abs(skewMs) / SECOND_MS);
  if (seconds < 1) return t().verdicts.evidence.clockRight;
  return skewMs > 0 ? t().verdicts.evidence.clockAhead(show.duration(seconds)) : t().verdicts.evidence.clockBehind(show.duration(seconds));
}

function Second(props: { readonly path: HostEvidence['secondPath'] }): JSX.Element {
  return (
    <div class="border-line mt-4 border-t pt-3">
      <p class="text-faint text-xs">{t().verdicts.evidence.second}</p>
      <Show when={props.path} fallback={<p class="text-muted mt-1 text-sm">{t().verdicts.evidence.secondNone}</p>}>
        {(path) => (
          <>
            <p class="mt-1 text-sm">
              {path().asked.length === 0 ? '' : t().verdicts.evidence.asked(show.listed(path().asked), show.ago(path().askedAt))} {t().verdicts.evidence.findings[path().finding]}
            </p>
            <ul class="mt-2 flex flex-col gap-1 text-sm">
              <For each={path().witnesses}>
                {(witness) => (
                  <li class="flex flex-wrap items-center gap-x-2">
                    <Dot tone={witness.reaches === 'silent' ? 'bad' : 'ok'}>{witness.host}</Dot>
                    <span class="text-muted">{t().verdicts.evidence.reaches[witness.reaches]}</span>
                    <Show when={witness.replicasAsked > 0}>
                      <span class="text-faint text-xs">{t().verdicts.evidence.replicas(show.number(witness.replicasAnswer), show.number(witness.replicasAsked))}</span>
                    </Show>
                  </li>
                )}
              </For>
            </ul>
          </>
        )}
      </Show>
    </div>
  );
}
