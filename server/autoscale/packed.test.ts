// Inputs of decisions as they are kept: each comes back to the last byte, though it is packed against the one before, and few bytes are taken by it.
import { deflateRawSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { decide } from '#scheduler/autoscale/decide.ts';
import { observe, ON, TEN } from '#scheduler/autoscale/fixtures.ts';
import { freshState } from '#scheduler/autoscale/memory.ts';
import { type DecisionInputs, type Link, linkTo, packInputs, unpackInputs } from './packed.ts';

/** A workload that is decided every minute for some hours, with a number of digits that real demand has. */
function decided(count: number): DecisionInputs[] {
  const inputs: DecisionInputs[] = [];
  let state = freshState();
  for (let step = 0; step < count * 6; step += 1) {
    const observation = observe(TEN + step * 10_000, 9_000 + 4_000 * Math.sin(step / 40) + ((step * 7919) % 1000) / 7);
    if (step % 6 === 5) inputs.push({ settings: ON, state, observation });
    ({ state } = decide(ON, state, observation));
  }
  return inputs;
}

test('what decisions followed from is packed in chains and comes back to the last byte', () => {
  const inputs = decided(75);
  let last: Link | null = null;
  const rows = inputs.map((each, index) => {
    const { link, before } = linkTo(last, `d${String(index).padStart(3, '0')}`, each.observation.at, each);
    last = link;
    return { chain: link.chain, packed: packInputs(each, before) };
  });
  expect(new Set(rows.map(({ chain }) => chain))).toEqual(new Set(['d000', 'd030', 'd060']));
  for (const [index, { chain }] of rows.entries()) {
    const links = rows.slice(0, index + 1).filter((row) => row.chain === chain);
    expect(JSON.stringify(unpackInputs(links.map(({ packed }) => packed), false))).toBe(JSON.stringify(inputs[index]));
  }
  const whole = packInputs(inputs.at(-1)!, null).length;
  const linked = rows.slice(61).map(({ packed }) => packed.length);
  expect(Math.max(...linked)).toBeLessThan(whole / 2);
});

test('a chain begins anew after a restart, after hours, and where ids or clocks went back', () => {
  const [inputs] = decided(1);
  const begun = linkTo(null, 'd5', TEN, inputs!).link;
  expect(linkTo(begun, 'd6', TEN + 1_000, inputs!).before).toBe(inputs);
  expect([linkTo(begun, 'd4', TEN + 1_000, inputs!), linkTo(begun, 'd6', TEN + 7 * 3_600_000, inputs!), linkTo(begun, 'd6', TEN - 7 * 3_600_000, inputs!)].map(({ before }) => before)).toEqual([null, null, null]);
});

test('what an earlier version kept is read as well', () => {
  const [inputs] = decided(1);
  expect(unpackInputs([deflateRawSync(JSON.stringify(inputs))], true)).toEqual(JSON.parse(JSON.stringify(inputs)));
});

test('what cannot be read is not there', () => {
  const [inputs] = decided(1);
  const packed = packInputs(inputs!, null);
  expect([unpackInputs([], false), unpackInputs([Buffer.from('rubbish')], false), unpackInputs([Buffer.from('rubbish')], true), unpackInputs([packed, packed.subarray(0, 9)], false)]).toEqual([undefined, undefined, undefined, undefined]);
});
