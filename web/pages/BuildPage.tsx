// Stands here until the page is written.
import type { JSX } from 'solid-js';

export default function BuildPage(): JSX.Element {
  return <h1>BuildPage</h1>;
}
