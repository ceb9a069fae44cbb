// Stands here until the page is written.
import type { JSX } from 'solid-js';

export default function WebhooksPage(): JSX.Element {
  return <h1>WebhooksPage</h1>;
}
