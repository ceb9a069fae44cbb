// Stands here until the page is written.
import type { JSX } from 'solid-js';

export default function LayersPage(): JSX.Element {
  return <h1>LayersPage</h1>;
}
