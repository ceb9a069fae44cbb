// A button that copies a text and says so. Where the browser forbids the clipboard (plain http from another machine), it selects nothing
// and tells the person.
import { createSignal, type JSX } from 'solid-js';
import { t } from '../shell/preferences.ts';
import { Icon } from './Icon.tsx';
import { toast } from './toast.ts';

const SHOWN_MS = 1500;

export function Copy(props: { readonly text: string }): JSX.Element {
  const [copied, setCopied] = createSignal(false);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(props.text);
      setCopied(true);
      setTimeout(() => setCopied(false), SHOWN_MS);
    } catch {
      toast.say(t().common.copyFailed);
    }
  };
  return (
    <button type="button" class="text-muted hover:text-ink hover:bg-line/60 inline-flex size-6.5 shrink-0 items-center justify-center rounded" aria-label={copied() ? t().common.copied : t().common.copy} title={t().common.copy} onClick={() => void copy()}>
      <Icon name={copied() ? 'check' : 'copy'} class="size-3.5" />
    </button>
  );
}
