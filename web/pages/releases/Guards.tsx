// Banners of what keeps a rollout from starting: a deploy lock with its holder and reason, and a freeze of the environment.
import { A } from '@solidjs/router';
import { useQuery } from '@tanstack/solid-query';
import { createSignal, For, Show, type JSX } from 'solid-js';
import { can } from '../../api/can.ts';
import { dataOf } from '../../api/data.ts';
import { mutations } from '../../api/mutations.ts';
import { queries } from '../../api/queries.ts';
import { paths } from '../../paths.ts';
import { useAct } from '../../shell/act.ts';
import { t } from '../../shell/preferences.ts';
import { because, useSession } from '../../shell/session.ts';
import { show } from '../../shell/show.ts';
import { Button } from '../../ui/Button.tsx';
import { Dialog, ReasonDialog } from '../../ui/Dialog.tsx';
import { Select, TextArea } from '../../ui/Field.tsx';
import { FormButtons } from '../../forms/FormParts.tsx';
import { Icon } from '../../ui/Icon.tsx';

interface Of {
  readonly workloadId: string;
  readonly workload: string;
  readonly team: string;
}

const BANNER = 'bg-warn-soft text-warn mb-5 flex flex-wrap items-center justify-between gap-3 rounded-md px-4 py-2.5';

export function LockBanner(props: Of): JSX.Element {
  const { me } = useSession();
  const act = useAct();
  const [asking, setAsking] = createSignal(false);
  const lock = useQuery(() => ({ ...queries.deployLock(props.workloadId), reconcile: false as const }));
  const words = () => t().releases.lock;
  return (
    <Show when={dataOf(lock)}>
      {(held) => (
        <div class={BANNER} role="status" data-testid="lock-banner">
          <p class="flex min-w-0 items-start gap-2.5">
            <Icon name="lock" class="mt-0.5 size-4" />
            <span class="min-w-0 break-words">
              <span class="font-semibold">{words().banner(held().holder)}</span>: {held().reason}
              <span class="block text-sm">
                <span title={show.moment(held().since)}>{words().since(show.ago(held().since))}</span>
                <Show when={held().until}>{(until) => <span title={show.moment(until())}> · {words().until(show.ago(until()))}</span>}</Show>
              </span>
            </span>
          </p>
          <Button size="sm" refused={because(can.lock(me(), props.team))} onClick={() => setAsking(true)}>
            {words().unlock}
          </Button>
          <ReasonDialog open={asking()} onClose={() => setAsking(false)} title={words().unlockTitle(props.workload)} lead={words().unlockLead} confirm={words().unlock} reason="none" onConfirm={() => act(mutations.unlock(props.workloadId), { topics: ['releases', 'preflight'], done: words().unlocked })} />
        </div>
      )}
    </Show>
  );
}

export function FreezeBanner(props: { readonly environment: string }): JSX.Element {
  const freezes = useQuery(() => ({ ...queries.freezes(), reconcile: false as const }));
  const active = () => (dataOf(freezes) ?? []).filter(({ environment, isActive }) => isActive && environment === props.environment);
  return (
    <For each={active()}>
      {(freeze) => (
        <div class={BANNER} role="status">
          <p class="flex min-w-0 items-start gap-2.5">
            <Icon name="freezes" class="mt-0.5 size-4" />
            <span class="min-w-0 break-words">
              <span class="font-semibold">{t().freezes.banner(freeze.environment, freeze.name)}</span>
              <Show when={freeze.reason}>: {freeze.reason}</Show>
              <span class="block text-sm">
                <Show when={freeze.next}>{(next) => <span title={show.moment(next().to)}>{t().freezes.until(show.when(next().to))} · </span>}</Show>
                {t().freezes.bannerLead}
              </span>
            </span>
          </p>
          <A href={paths.freezes()} class="text-sm font-medium underline">
            {t().freezes.title}
          </A>
        </div>
      )}
    </For>
  );
}

/** Locks a workload, or, where it is locked, nothing: the banner unlocks. */
export function LockButton(props: Of): JSX.Element {
  const { me } = useSession();
  const lock = useQuery(() => ({ ...queries.deployLock(props.workloadId), reconcile: false as const }));
  const [asking, setAsking] = createSignal(false);
  return (
    <Show when={dataOf(lock) === null}>
      <Button tone="quiet" icon="lock" refused={because(can.lock(me(), props.team))} onClick={() => setAsking(true)}>
        {t().releases.lock.lock}
      </Button>
      <Show when={asking()}>
        <LockDialog {...props} onClose={() => setAsking(false)} />
      </Show>
    </Show>
  );
}

const MINUTES = { forever: undefined, hour: 60, day: 1440, week: 10_080 } as const;
type Length = keyof typeof MINUTES;

function LockDialog(props: Of & { readonly onClose: () => void }): JSX.Element {
  const act = useAct();
  const [reason, setReason] = createSignal('');
  const [length, setLength] = createSignal<Length>('forever');
  const [error, setError] = createSignal<string | null>(null);
  const [busy, setBusy] = createSignal(false);
  const words = () => t().releases.lock;
  const save = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (reason().trim() === '') {
      setError(t().common.reasonNeeded);
      return;
    }
    setBusy(true);
    const done = await act(mutations.lock(props.workloadId, reason().trim(), MINUTES[length()]), { topics: ['releases', 'preflight'], done: words().locked, onFields: (fields) => setError(fields.reason ?? null) });
    setBusy(false);
    if (done) props.onClose();
  };
  return (
    <Dialog open onClose={() => props.onClose()} title={words().title(props.workload)} lead={words().lead}>
      <form class="flex flex-col gap-4" onSubmit={(event) => void save(event)} novalidate>
        <TextArea label={t().common.reason} rows={2} value={reason()} onInput={setReason} placeholder={words().placeholder} error={error()} />
        <Select label={words().minutes} value={length()} options={(Object.keys(MINUTES) as Length[]).map((value) => ({ value, text: words().lengths[value] }))} onInput={(value) => setLength(value as Length)} />
        <FormButtons submit={words().lock} busy={busy()} onCancel={() => props.onClose()} />
      </form>
    </Dialog>
  );
}
