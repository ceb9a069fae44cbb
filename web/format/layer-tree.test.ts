import type { LayerView } from '#server/http/contract/index.ts';
import { expect, test } from 'vitest';
import { layerTree, toRebuild } from './layer-tree.ts';

const layer = (name: string, from: string | null, services: LayerView['services'] = []) => ({ name, from, services }) as unknown as LayerView;

test('each layer stands below the one that it stands on, whatever the order', () => {
  const rows = layerTree([layer('node-24', 'debian'), layer('resin', 'jvm'), layer('jvm', 'debian'), layer('debian', null), layer('lost', 'gone')]);
  expect(rows.map(({ layer: { name }, depth }) => `${'.'.repeat(depth)}${name}`)).toEqual(['debian', '.jvm', '..resin', '.node-24', 'lost']);
  expect(layerTree([layer('a', 'b'), layer('b', 'a')])).toHaveLength(2);
});

test('a service that stands on old layers is named once, with its environments', () => {
  const service = (name: string, environment: string, isOld: boolean) => ({ service: name, environment, layerVersion: 1, toRebuild: isOld });
  expect(toRebuild([layer('node-24', null, [service('quote', 'production', true), service('quote', 'gray', true), service('kline', 'gray', false)])])).toEqual([{ service: 'quote', layers: ['node-24'], environments: ['production', 'gray'] }]);
});
