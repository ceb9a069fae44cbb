// Short messages about what a person just did. Takes a sentence; keeps at most a few, each until it was there long enough to read.
import { createSignal } from 'solid-js';

export interface Toast {
  readonly id: number;
  readonly tone: 'done' | 'failed' | 'said';
  readonly text: string;
}

const MOST = 4;
/** A failure stays until it is closed: it may need to be read twice. */
const DONE_MS = 5000;

const [toasts, setToasts] = createSignal<readonly Toast[]>([]);
let next = 1;

function add(tone: Toast['tone'], text: string): void {
  const id = next++;
  setToasts((all) => [...all.filter((each) => each.text !== text), { id, tone, text }].slice(-MOST));
  if (tone !== 'failed') setTimeout(() => closeToast(id), DONE_MS);
}

export function closeToast(id: number): void {
  setToasts((all) => all.filter((each) => each.id !== id));
}

export { toasts };
export const toast = {
  done: (text: string) => add('done', text),
  failed: (text: string) => add('failed', text),
  say: (text: string) => add('said', text),
};
