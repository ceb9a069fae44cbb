// Stands here until the page is written.
import type { JSX } from 'solid-js';

export default function MakeReleasePage(): JSX.Element {
  return <h1>MakeReleasePage</h1>;
}
