// Stands here until the page is written.
import type { JSX } from 'solid-js';

export default function LayerPage(): JSX.Element {
  return <h1>LayerPage</h1>;
}
