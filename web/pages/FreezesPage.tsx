// Stands here until the page is written.
import type { JSX } from 'solid-js';

export default function FreezesPage(): JSX.Element {
  return <h1>FreezesPage</h1>;
}
