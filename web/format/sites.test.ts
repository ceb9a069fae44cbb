import { expect, test } from 'vitest';
import type { NameView, SiteView } from '#server/http/contract/index.ts';
import { zh } from '../text/zh/index.ts';
import { answerText, placeSites, sharesOf } from './sites.ts';

const weighed = (...sites: [string, number, boolean][]) => sites.map(([site, weight, serves]) => ({ site, weight, serves })) as unknown as NameView['sites'];
const box = { width: 400, height: 100, siteWidth: 100, siteHeight: 40 };
const link = (to: string, data: 'both' | 'one-way'): SiteView['links'][number] => ({ to, data, mbps: null });

test('shares are of the weight that is in force; who does not serve has none', () => {
  expect(sharesOf(weighed(['dc1', 750, true], ['vpc1', 250, true], ['old', 1000, false]))).toEqual([{ site: 'dc1', permille: 750 }, { site: 'vpc1', permille: 250 }, { site: 'old', permille: 0 }]);
  expect(sharesOf(weighed(['dc1', 0, true], ['vpc1', 0, true])).map(({ permille }) => permille)).toEqual([0, 0]);
});

test('two sites lie beside each other, and a link in both directions is one line between their edges', () => {
  const { sites, links } = placeSites([{ name: 'dc1', links: [link('vpc1', 'both')] }, { name: 'vpc1', links: [link('dc1', 'both')] }], box);
  expect(sites.map(({ x, y }) => [Math.round(x), Math.round(y)])).toEqual([[54, 50], [346, 50]]);
  expect(links).toHaveLength(1);
  expect(links[0]!.x1).toBeGreaterThan(54 + 50);
  expect(links[0]!.x2).toBeLessThan(346 - 50);
});

test('every site of many lies within the picture, and a link to an unknown site is not drawn', () => {
  const { sites, links } = placeSites(['a', 'b', 'c', 'd', 'e'].map((name) => ({ name, links: [link('elsewhere', 'one-way')] })), box);
  for (const { x, y } of sites) expect(x >= 50 && x <= 350 && y >= 20 && y <= 80).toBe(true);
  expect(links).toEqual([]);
});

test('why a client is told another site is said with what was wrong with its own', () => {
  const tried = (code: string, weight = 1000) => [{ site: 'dc2', code, weight, why: 'ENGLISH', said: [{ code: 'site-failed', values: { site: 'dc2' } }] }];
  const text = (code: 'elsewhere' | 'nearest', of: ReturnType<typeof tried>) => answerText({ code, site: 'dc1', nearest: 'dc2', tried: of }, zh.sites, 'zh');
  expect(text('elsewhere', tried('failed'))).toBe('dc1：它自己的机房不提供服务，所以由另一个机房服务（dc2 故障）');
  expect(text('elsewhere', tried('serves', 300))).toContain('（dc2 只接收自己客户端的 30%）');
  expect(text('elsewhere', [])).toContain('（dc2 没有它的副本）');
  expect(text('nearest', [])).toBe('dc1：由它自己的机房服务');
});
