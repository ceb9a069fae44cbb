// Stands here until the page is written.
import type { JSX } from 'solid-js';

export default function RegistryPage(): JSX.Element {
  return <h1>RegistryPage</h1>;
}
