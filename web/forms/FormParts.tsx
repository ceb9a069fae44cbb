// Ends of dialogs: the two buttons of a form, and what is shown once after a secret was made.
import type { JSX } from 'solid-js';
import { t } from '../shell/preferences.ts';
import { Button } from '../ui/Button.tsx';
import { CommandLine } from '../ui/Cli.tsx';

/** Cancel, and the button that submits the form around it. */
export function FormButtons(props: { readonly submit: string; readonly busy: boolean; readonly onCancel: () => void }): JSX.Element {
  return (
    <div class="flex items-end justify-end gap-2">
      <Button tone="quiet" onClick={() => props.onCancel()}>
        {t().common.cancel}
      </Button>
      <Button type="submit" tone="primary" busy={props.busy}>
        {props.submit}
      </Button>
    </div>
  );
}

/** A secret or a command with one inside: to be copied now, because nobody can see it again. */
export function ShownOnce(props: { readonly text: string; readonly onDone: () => void }): JSX.Element {
  return (
    <div class="flex flex-col gap-4">
      <CommandLine command={props.text} />
      <div class="flex justify-end">
        <Button tone="primary" onClick={() => props.onDone()}>
          {t().common.done}
        </Button>
      </div>
    </div>
  );
}
