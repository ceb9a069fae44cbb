// The same thing on the command line: a small popover with the command that gives what the page shows.
import { Popover } from '@kobalte/core/popover';
import { For, type JSX } from 'solid-js';
import { t } from '../shell/preferences.ts';
import { Copy } from './Copy.tsx';
import { Icon } from './Icon.tsx';

export function Cli(props: { readonly command: string | readonly string[] }): JSX.Element {
  const lines = () => (typeof props.command === 'string' ? [props.command] : props.command);
  return (
    <Popover gutter={6} placement="bottom-end">
      <Popover.Trigger class="text-muted hover:bg-sunken hover:text-ink inline-flex h-9 items-center gap-1.5 rounded-md px-2.5 text-sm transition-colors">
        <Icon name="terminal" />
        {t().common.cli}
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content class="appear border-line bg-panel shadow-float z-50 max-w-[calc(100vw-1.5rem)] rounded-lg border p-3 sm:max-w-lg">
          <Popover.Title class="text-muted mb-2 text-sm">{t().common.cliLead}</Popover.Title>
          <div class="flex flex-col gap-1.5">
            <For each={lines()}>{(line) => <CommandLine command={line} />}</For>
          </div>
        </Popover.Content>
      </Popover.Portal>
    </Popover>
  );
}

/** One command with a button that copies it. */
export function CommandLine(props: { readonly command: string }): JSX.Element {
  return (
    <div class="border-line bg-sunken flex min-w-0 items-start justify-between gap-2 rounded-md border py-1 pr-1 pl-2.5">
      <code class="code min-w-0 py-1 break-all whitespace-pre-wrap">{props.command}</code>
      <Copy text={props.command} />
    </div>
  );
}
