// What cleaning the registry would delete, and the button that does it.
import { createSignal, For, Show, type JSX } from 'solid-js';
import type { Cleaned } from '#server/http/contract/index.ts';
import { mutations } from '../../api/mutations.ts';
import { FormButtons } from '../../forms/FormParts.tsx';
import { useAct } from '../../shell/act.ts';
import { t } from '../../shell/preferences.ts';
import { show } from '../../shell/show.ts';
import { Button } from '../../ui/Button.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import { toast } from '../../ui/toast.ts';
import { ShortDigest } from './Digest.tsx';

export function CleanDialog(props: { readonly would: Cleaned; readonly onClose: () => void }): JSX.Element {
  const act = useAct();
  const [busy, setBusy] = createSignal(false);
  const words = () => t().registry;
  const clean = async (event: Event): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    const done = await act(mutations.cleanRegistry(false), { topics: ['registry'], onDone: (cleaned) => toastOf(cleaned) });
    setBusy(false);
    if (done) props.onClose();
  };
  const toastOf = (cleaned: Cleaned) => toast.done(words().cleaned(cleaned.images.length, show.bytes(cleaned.freedBytes)));
  return (
    <Dialog open wide onClose={() => props.onClose()} title={words().cleanTitle} lead={props.would.images.length === 0 ? words().nothingToClean : words().cleanLead(props.would.images.length, show.bytes(props.would.freedBytes))}>
      <Show
        when={props.would.images.length > 0}
        fallback={
          <div class="flex justify-end">
            <Button onClick={() => props.onClose()}>{t().common.close}</Button>
          </div>
        }
      >
        <form class="flex flex-col gap-4" onSubmit={(event) => void clean(event)}>
          <ul class="border-line max-h-72 overflow-auto rounded-md border" tabindex="0" role="region" aria-label={words().images}>
            <For each={props.would.images}>
              {(image) => (
                <li class="border-line flex items-center justify-between gap-3 border-b px-3 py-1.5 text-sm last:border-0">
                  <span class="min-w-0 break-all">
                    {image.repository} <ShortDigest digest={image.digest} />
                  </span>
                  <span class="text-muted whitespace-nowrap">{show.bytes(image.bytes)}</span>
                </li>
              )}
            </For>
          </ul>
          <FormButtons submit={words().clean} busy={busy()} onCancel={() => props.onClose()} />
        </form>
      </Show>
    </Dialog>
  );
}
