import { expect, test } from 'vitest';
import { hostAt, layoutFleet, neighbour } from './fleet-layout.ts';

const fleet = (sites: number, racks: number, perRack: number) =>
  Array.from({ length: sites * racks * perRack }, (_, at) => ({ name: `h${at}`, site: `s${at % sites}`, rack: `r${Math.floor(at / sites) % racks}`, capacity: { cpuMilli: at % 3 === 0 ? 96_000 : 48_000 } }));

test('every host has its place, none lies over another, and all lie within the map', () => {
  const { hosts, sites, racks } = layoutFleet(fleet(3, 4, 5), 900, 400);
  expect(hosts).toHaveLength(60);
  expect(sites).toHaveLength(3);
  expect(racks).toHaveLength(12);
  for (const [at, one] of hosts.entries()) {
    expect(one.x0).toBeGreaterThanOrEqual(0);
    expect(one.y1).toBeLessThanOrEqual(400);
    for (const other of hosts.slice(at + 1)) {
      const apart = one.x1 <= other.x0 || other.x1 <= one.x0 || one.y1 <= other.y0 || other.y1 <= one.y0;
      expect(apart).toBe(true);
    }
  }
});

test('twice the capacity is about twice the area', () => {
  const [large, small] = layoutFleet([{ name: 'a', site: 's', rack: 'r', capacity: { cpuMilli: 96_000 } }, { name: 'b', site: 's', rack: 'r', capacity: { cpuMilli: 48_000 } }], 600, 300).hosts;
  const area = (each: typeof large) => (each!.x1 - each!.x0) * (each!.y1 - each!.y0);
  expect(area(large) / area(small)).toBeCloseTo(2, 0);
});

test('ten thousand hosts are laid out and each can still be pointed at', () => {
  const { hosts } = layoutFleet(fleet(5, 50, 40), 1200, 700);
  expect(hosts).toHaveLength(10_000);
  const visible = hosts.filter(({ x0, y0, x1, y1 }) => x1 > x0 && y1 > y0);
  expect(visible.length).toBe(10_000);
  const middle = visible[5000]!;
  expect(hosts[hostAt(hosts, (middle.x0 + middle.x1) / 2, (middle.y0 + middle.y1) / 2)]!.host).toBe(middle.host);
});

test('arrow keys go to the neighbour and stop at the edge', () => {
  const grid = [0, 1, 2, 3].map((at) => ({ host: at, x0: (at % 2) * 10, x1: (at % 2) * 10 + 10, y0: Math.floor(at / 2) * 10, y1: Math.floor(at / 2) * 10 + 10 }));
  expect(neighbour(grid, 0, 'right')).toBe(1);
  expect(neighbour(grid, 0, 'down')).toBe(2);
  expect(neighbour(grid, 3, 'left')).toBe(2);
  expect(neighbour(grid, 3, 'up')).toBe(1);
  expect(neighbour(grid, 1, 'right')).toBe(1);
  expect(hostAt(grid, 5, 15)).toBe(2);
  expect(hostAt(grid, 50, 5)).toBe(-1);
});
