// Layers in the order of a tree: each below the one that it stands on. Takes them in any order; gives them with their depth, roots first.
// Pure. What names a layer that is not there is a root of its own; a circle, which the server refuses, ends where it began.
import type { LayerView } from '#server/http/contract/index.ts';

export interface LayerRow {
  readonly layer: LayerView;
  readonly depth: number;
}

export function layerTree(layers: readonly LayerView[]): LayerRow[] {
  const known = new Set(layers.map(({ name }) => name));
  const children = Map.groupBy(layers, ({ from }) => (from !== null && known.has(from) ? from : ''));
  const rows: LayerRow[] = [];
  const seen = new Set<string>();
  const walk = (from: string, depth: number): void => {
    for (const layer of (children.get(from) ?? []).toSorted((one, other) => one.name.localeCompare(other.name))) {
      if (seen.has(layer.name)) continue;
      seen.add(layer.name);
      rows.push({ layer, depth });
      walk(layer.name, depth + 1);
    }
  };
  walk('', 0);
  for (const layer of layers) if (!seen.has(layer.name)) rows.push({ layer, depth: 0 });
  return rows;
}

/** Services whose releases stand on an older version of a layer, each once. */
export function toRebuild(layers: readonly LayerView[]): { readonly service: string; readonly layers: readonly string[]; readonly environments: readonly string[] }[] {
  const found = new Map<string, { layers: Set<string>; environments: Set<string> }>();
  for (const { name, services } of layers) {
    for (const each of services.filter((one) => one.toRebuild)) {
      const entry = found.get(each.service) ?? { layers: new Set(), environments: new Set() };
      entry.layers.add(name);
      entry.environments.add(each.environment);
      found.set(each.service, entry);
    }
  }
  return [...found].map(([service, entry]) => ({ service, layers: [...entry.layers], environments: [...entry.environments] })).toSorted((one, other) => one.service.localeCompare(other.service));
}
