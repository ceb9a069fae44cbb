// Stands here until the page is written.
import type { JSX } from 'solid-js';

export default function ReleasePage(): JSX.Element {
  return <h1>ReleasePage</h1>;
}
