// Long identifiers, short enough to be told apart, whole when they are pointed at or copied.
import { Show, type JSX } from 'solid-js';
import { Copy } from '../../ui/Copy.tsx';

const SHORT = 12;
const COMMIT = 8;

/** The first letters of a digest. `copy`: with a button that copies the whole. */
export function ShortDigest(props: { readonly digest: string; readonly copy?: boolean }): JSX.Element {
  return (
    <span class="inline-flex items-center gap-1">
      <code class="code" title={props.digest}>
        {props.digest.replace(/^sha256:/, '').slice(0, SHORT)}
      </code>
      <Show when={props.copy}>
        <Copy text={props.digest} />
      </Show>
    </span>
  );
}

export function CommitId(props: { readonly id: string }): JSX.Element {
  return (
    <code class="code" title={props.id}>
      {props.id.slice(0, COMMIT)}
    </code>
  );
}
