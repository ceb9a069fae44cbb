import { expect, test } from 'vitest';
import { simulateCommand } from './simulate-command.ts';

test('a composition in the words of the command line', () => {
  expect(simulateCommand([])).toBe('firn simulate --help');
  expect(
    simulateCommand([
      { kind: 'drain', hosts: ['phy1', 'phy2'] },
      { kind: 'lose', domain: 'rack', name: 'dc1/r01' },
      { kind: 'grow', workload: 'quote.production', permille: 1500 },
      { kind: 'buy' },
    ]),
  ).toBe("firn simulate drain phy1 phy2 --then 'lose rack dc1/r01' --then 'grow quote.production 1.5x' --then buy");
});
