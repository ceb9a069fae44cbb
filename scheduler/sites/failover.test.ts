import fc from 'fast-check';
import { expect, test } from 'vitest';
import { said } from '../said.ts';
import { type Evidence, failover, type FailoverAct, type FailoverRules, type Watch, watchKey } from './failover.ts';

const RULES: FailoverRules = { downAfterSeconds: 10, upAfterSeconds: 120, mostNamesPermille: 300, isAutomatic: true };
const seen = (site: string, health: Evidence['health'], name: string | null = null): Evidence => ({ site, name, health, sentence: said(`is-${health}`, { site }, `{site} is ${health}`) });

/** Looks once a second; `evidence` says what is seen at a second. */
function live(seconds: number, evidence: (second: number) => Evidence[], rules = RULES, names = 10) {
  let watches: ReadonlyMap<string, Watch> = new Map();
  const acts: (FailoverAct & { readonly at: number })[] = [];
  for (let second = 0; second <= seconds; second += 1) {
    const looked = failover(watches, evidence(second), { rules, names, now: second * 1000 });
    watches = looked.watches;
    acts.push(...looked.acts.map((act) => ({ ...act, at: second })));
  }
  return { watches, acts };
}
const told = (acts: readonly (FailoverAct & { readonly at: number })[]) => acts.filter(({ kind }) => kind !== 'hold').map(({ kind, site, name, at }) => `${at} ${kind} ${site}${name === null ? '' : ` ${name}`}`);

test('a site is failed after its patience, and comes back after a longer one', () => {
  const { acts } = live(300, (at) => [seen('a', at >= 5 && at < 50 ? 'bad' : 'good'), seen('b', 'good')]);
  expect(told(acts)).toEqual(['15 fail a', '170 restore a']);
  expect(acts[0]!.reason).toBe('bad for 10 s: a is bad');
});

test('a site that flaps fails once and stays failed', () => {
  const { acts } = live(1000, (at) => [seen('a', at % 60 < 15 ? 'bad' : 'good'), seen('b', 'good')]);
  expect(told(acts)).toEqual(['10 fail a']);
});

test('the last site that is well is never failed, and nothing is by itself where people decide', () => {
  const dark = live(60, () => [seen('a', 'bad'), seen('b', 'bad')]);
  expect(told(dark.acts)).toEqual([]);
  expect(dark.acts.at(-1)).toMatchObject({ kind: 'hold', code: 'last-site' });
  const manual = live(60, () => [seen('a', 'bad'), seen('b', 'good')], { ...RULES, isAutomatic: false });
  expect(manual.acts.at(-1)).toMatchObject({ kind: 'hold', code: 'not-automatic', site: 'a', since: 0 });
});

test('no more names fail over each for itself than are allowed; a site that is gone takes all of its names along', () => {
  const names = Array.from({ length: 10 }, (_, index) => `n${index}`);
  const sick = live(60, () => [seen('a', 'good'), seen('b', 'good'), ...names.flatMap((name) => [seen('a', 'bad', name), seen('b', 'good', name)])]);
  expect(told(sick.acts)).toEqual(['10 fail a n0', '10 fail a n1', '10 fail a n2']);
  expect(sick.acts.at(-1)).toMatchObject({ kind: 'hold', code: 'too-many-names' });
  const gone = live(60, () => [seen('a', 'bad'), seen('b', 'good'), ...names.flatMap((name) => [seen('a', 'bad', name), seen('b', 'good', name)])]);
  expect(told(gone.acts)).toEqual(['10 fail a']);
});

test('where nobody can tell, nothing happens', () => {
  expect(told(live(100, (at) => [seen('a', at % 2 === 0 ? 'bad' : 'unknown'), seen('b', 'good')]).acts)).toEqual([]);
});

test('whatever is seen: patience is kept both ways, some site stays, and the limit on names holds', () => {
  const health = fc.constantFrom<Evidence['health']>('good', 'bad', 'unknown');
  const runs = fc.array(fc.record({ length: fc.integer({ min: 1, max: 40 }), a: health, b: health, na: health, nb: health, ma: health }), { maxLength: 12 });
  fc.assert(
    fc.property(runs, (all) => {
      const seconds = all.flatMap((run) => Array.from({ length: run.length }, () => run));
      const rules = { ...RULES, upAfterSeconds: 30 };
      let watches: ReadonlyMap<string, Watch> = new Map();
      const changed = new Map<string, number>();
      for (const [at, { a, b, na, nb, ma }] of seconds.entries()) {
        const looked = failover(watches, [seen('a', a), seen('b', b), seen('a', na, 'n'), seen('b', nb, 'n'), seen('a', ma, 'm'), seen('b', 'good', 'm')], { rules, names: 2, now: at * 1000 });
        watches = looked.watches;
        for (const act of looked.acts.filter(({ kind }) => kind !== 'hold')) {
          const waited = at - (changed.get(watchKey(act)) ?? 0);
          expect(waited).toBeGreaterThanOrEqual(act.kind === 'fail' ? rules.downAfterSeconds : rules.upAfterSeconds);
          changed.set(watchKey(act), at);
        }
        expect([...watches.values()].filter(({ name, verdict }) => name === null && verdict === 'up').length).toBeGreaterThan(0);
        const failedNames = new Set([...watches.values()].filter(({ name, verdict, since }) => name !== null && verdict === 'down' && at * 1000 - since < 600_000).map(({ name }) => name));
        expect(failedNames.size).toBeLessThanOrEqual(1);
      }
    }),
  );
});
