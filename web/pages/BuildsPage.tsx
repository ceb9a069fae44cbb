// Stands here until the page is written.
import type { JSX } from 'solid-js';

export default function BuildsPage(): JSX.Element {
  return <h1>BuildsPage</h1>;
}
