import fc from 'fast-check';
import { expect, test } from 'vitest';
import { act, begin, isEnded } from './act.ts';
import { advance } from './advance.ts';
import { figures, NEW, observation, OLD, PASSES, replica, strategy, way } from './fixtures/way.ts';
import type { Observation, ObservedRelease, RolloutState, Strategy, Verb } from './model.ts';
import { ALL, resolve } from './share.ts';

test('a canary by gates, then half by time, then all', () => {
  const it = way(strategy(), 4);
  it.look(0, { images: { needed: 2, present: 1, hindrance: null } });
  it.look(2, { replicas: [1, 2, 3, 4].map((id) => replica(`q-${id}`)) });
  it.seen.set('q-1', { state: 'starting', runningReleaseId: NEW, since: 2_000 });
  it.look(1);
  it.seen.clear();
  for (const seconds of [3, 10, 10, 1, 5, 5, 1]) it.look(seconds);
  expect(`\n${it.lines.join('\n')}\n`).toMatchInlineSnapshot(`
    "
           waits for hosts: the image is on 1 of 2 hosts, until 60s, then it is paused, and a person decides
       2s  rolling      step 1 of 3 begins: 1 replica of 4 on the new release
           waits for planner: 0 of 1 replicas serve on the new release; the next ones are to change, until 82s, then it is paused, and a person decides
           waits for service: 0 of 1 replicas serve on the new release; the next is starting, until 22s, then it counts as a failure
       6s  watching     step 1 of 3 is reached: 1 replica of 4 on the new release
           waits for gates: the gates look at 20 s, until 26s, then the gates decide whether step 2 of 3 begins
      26s  rolling      step 2 of 3 begins: 2 replicas of 4 on the new release
           waits for planner: 1 of 2 replicas serve on the new release; the next ones are to change, until 106s, then it is paused, and a person decides
      27s  watching     step 2 of 3 is reached: 2 replicas of 4 on the new release
           waits for time: it is watched for 10 s, until 37s, then step 3 of 3 begins
      37s  rolling      step 3 of 3 begins: 4 replicas of 4 on the new release
           waits for planner: 2 of 4 replicas serve on the new release; the next ones are to change, until 117s, then it is paused, and a person decides
      38s  watching     step 3 of 3 is reached: 4 replicas of 4 on the new release
      38s  succeeded    done: 4 replicas serve on the new release
           succeeded
    "
  `);
});

test('a new release that crashes goes back by itself', () => {
  const it = way(strategy(), 4);
  it.look(0);
  it.seen.set('q-1', { state: 'restarting', restarts: 1, reason: 'ended with exit code 1; Docker starts it again' });
  it.look(2);
  it.seen.set('q-1', { state: 'restarting', restarts: 3, reason: 'ended with exit code 1; Docker starts it again' });
  it.look(2);
  it.look(1);
  expect(`\n${it.lines.join('\n')}\n`).toMatchInlineSnapshot(`
    "
       0s  rolling      step 1 of 3 begins: 1 replica of 4 on the new release
           waits for planner: 0 of 1 replicas serve on the new release; the next ones are to change, until 80s, then it is paused, and a person decides
           waits for service: 0 of 1 replicas serve on the new release; the next is restarting: ended with exit code 1; Docker starts it again, until 22s, then it counts as a failure
       4s  failed       rolls back by itself: 3 failures of replicas on the new release, and at most 2 are allowed: ended with exit code 1; Docker starts it again
           waits for planner: 1 replica is still to leave the new release, until 84s, then history says that it does not get on, and it goes on as soon as it can
       5s  rolled-back  rolled back: 4 replicas serve on the old release
           rolled-back
    "
  `);
});

test('the cost gate holds with its quote until a person accepts it', () => {
  const it = way(strategy(), 4);
  it.look(0);
  const dear = { ...figures(30, PASSES, { gate: 'cpu', state: 'holds', value: 2000, limit: 1200, sentence: 'a request costs 4 ms of CPU instead of 2' }), extra: { replicas: 3, costCentsPerHour: 120, cpuMsPerRequest: 4 } };
  it.look(1);
  it.look(30, { figures: dear });
  it.look(500, { figures: dear });
  it.state = act(strategy(), it.state, 'accept', observation({ now: 531_000 })) as RolloutState;
  it.look(1, { figures: dear });
  expect(it.state).toMatchObject({ phase: 'rolling', step: 1 });
  expect(`\n${it.lines.join('\n')}\n`).toMatchInlineSnapshot(`
    "
       0s  rolling      step 1 of 3 begins: 1 replica of 4 on the new release
           waits for planner: 0 of 1 replicas serve on the new release; the next ones are to change, until 80s, then it is paused, and a person decides
       1s  watching     step 1 of 3 is reached: 1 replica of 4 on the new release
           waits for gates: the gates look at 20 s, until 21s, then the gates decide whether step 2 of 3 begins
      31s  held         held: a request costs 4 ms of CPU instead of 2; at the asked peak that is 3 replicas and 1.20 an hour more
           waits for person: a request costs 4 ms of CPU instead of 2; at the asked peak that is 3 replicas and 1.20 an hour more
     532s  rolling      step 2 of 3 begins: 2 replicas of 4 on the new release
           waits for planner: 1 of 2 replicas serve on the new release; the next ones are to change, until 612s, then it is paused, and a person decides
    "
  `);
});

test('neither a slow registry, nor a silent host, nor a lack of room is a bad release', () => {
  const it = way(strategy({ prepareSeconds: 60 }), 4);
  it.look(0, { images: { needed: 2, present: 0, hindrance: 'the registry does not answer' } });
  it.look(61, { images: { needed: 2, present: 0, hindrance: 'the registry does not answer' } });
  expect(it.state).toMatchObject({ phase: 'paused', trouble: null, wait: { owner: 'registry', until: null } });
  it.state = act(strategy(), it.state, 'resume', observation({ now: 62_000 })) as RolloutState;
  it.look(2);
  for (const [seen, owner] of [[{ isHostLost: true }, 'hosts'], [{ state: 'pulling', runningReleaseId: null, reason: 'the registry does not answer' }, 'registry']] as const) {
    it.seen.set('q-1', seen);
    for (let looks = 0; looks < 6; looks += 1) it.look(5);
    expect(it.state).toMatchObject({ phase: 'rolling', wait: { owner }, failures: {} });
  }
  it.seen.clear();
  it.look(1, { replicas: [1, 2, 3, 4].map((id) => replica(`q-${id}`)), noRoom: 'no host has 4 cores left' });
  expect(it.state.wait).toMatchObject({ owner: 'planner', reason: '0 of 1 replicas serve on the new release; no host has 4 cores left' });
  it.look(200, { replicas: [1, 2, 3, 4].map((id) => replica(`q-${id}`)), noRoom: 'no host has 4 cores left' });
  expect(it.state).toMatchObject({ phase: 'paused', trouble: null, wait: { owner: 'planner' } });
});

test('a health check that never passes goes back after the time that a start may take', () => {
  const it = way(strategy(), 4);
  it.look(0);
  it.seen.set('q-1', { state: 'starting', since: 1_000, reason: '/health answers 503' });
  it.look(5);
  expect(it.state.wait).toEqual({ owner: 'service', reason: '0 of 1 replicas serve on the new release; the next is starting: /health answers 503', until: 21_000, then: 'it counts as a failure' });
  it.look(16);
  expect(it.state).toMatchObject({ phase: 'rolling-back', trouble: 'no replica of the new release served within 20 s: /health answers 503' });
});

test('what the old container did before it was replaced is no failure of the new release', () => {
  const it = way(strategy(), 4);
  it.look(0);
  for (const runningReleaseId of [null, OLD]) {
    it.seen.set('q-1', { state: 'running', restarts: 7, runningReleaseId });
    expect(it.look(1)).toMatchObject({ phase: 'rolling', failures: {} });
  }
});

test('a person who lets it go on after failures has seen those', () => {
  const careful = strategy({ onFailure: 'pause' });
  const it = way(careful, 4);
  it.look(0);
  it.seen.set('q-1', { state: 'running', restarts: 3 });
  expect(it.look(1)).toMatchObject({ phase: 'paused', trouble: '3 failures of replicas on the new release, and at most 2 are allowed', wait: { owner: 'person' } });
  it.state = act(careful, it.state, 'resume', observation({ now: 2_000 })) as RolloutState;
  expect(it.look(2)).toMatchObject({ phase: 'watching', trouble: null });
  it.seen.set('q-1', { state: 'running', restarts: 6 });
  expect(it.look(1)).toMatchObject({ phase: 'paused' });
});

test('what is forced back waits for no image, batch or gate, and ends when everybody is back', () => {
  const it = way(strategy(), 4, 'rollback');
  expect(it.state).toMatchObject({ phase: 'rolling', target: ALL, isForced: true });
  it.seen.set('q-2', { state: 'pulling', runningReleaseId: OLD });
  expect(it.look(1, { images: { needed: 2, present: 0, hindrance: 'down' } })).toMatchObject({ phase: 'rolling', wait: { owner: 'hosts' } });
  it.seen.clear();
  expect(it.look(1).phase).toBe('succeeded');
});

test('a way back for which successors find no room goes on stop-first', () => {
  const it = way(strategy(), 4);
  for (const seconds of [0, 1]) it.look(seconds);
  it.state = act(strategy(), it.state, 'roll-back', observation({ now: 2_000 })) as RolloutState;
  const stuck = { replicas: [replica('q-1', { releaseId: NEW }), ...[2, 3, 4].map((id) => replica(`q-${id}`))], noRoom: 'no host has a core left' };
  it.look(1, stuck);
  expect(it.look(2, stuck).stopsFirst).toBeUndefined();
  expect(it.look(2, stuck).stopsFirst).toBe(true);
  expect(it.lines).toContain('   6s  stop-first   goes back stop-first, each replica where it is: no host has a core left');
  expect(it.look(1)).toMatchObject({ phase: 'rolled-back' });
});

test('a step that means no more replicas than the one before is passed over, and the last one never', () => {
  const plan = strategy({ steps: [{ target: { count: 1 }, promotion: { by: 'hand' } }, { target: { permille: 250 }, promotion: { by: 'hand' } }, { target: { permille: 500 }, promotion: { by: 'hand' } }, { target: ALL, promotion: { by: 'hand' } }] });
  const promoted = (wanted: number) => {
    const it = way(plan, wanted);
    for (const seconds of [0, 1]) it.look(seconds);
    it.state = act(plan, it.state, 'promote', observation()) as RolloutState;
    return it.look(1).step;
  };
  expect([promoted(1), promoted(2), promoted(4), promoted(8)]).toEqual([3, 3, 2, 1]);
});

test('pausing keeps the mix that is there, growth goes on, resuming goes on where it was', () => {
  const it = way(strategy(), 8);
  for (const seconds of [0, 1, 20, 1]) it.look(seconds);
  expect(it.state).toMatchObject({ step: 1, target: { permille: 500 } });
  const three = Array.from({ length: 8 }, (_, index) => replica(`q-${index}`, { releaseId: index < 3 ? NEW : OLD }));
  it.state = act(strategy(), it.state, 'pause', observation({ now: 23_000, wanted: 8, replicas: three })) as RolloutState;
  it.wanted = 20;
  expect(it.look(100)).toMatchObject({ phase: 'paused', target: { count: 3 }, wait: { owner: 'person', until: null } });
  it.state = act(strategy(), it.state, 'resume', observation({ now: 124_000 })) as RolloutState;
  expect(it.look(2)).toMatchObject({ step: 1, target: { permille: 500 } });
});

test('what failed while a gate held it is paused, and watched again when it is resumed', () => {
  const plan = strategy({ onFailure: 'pause' });
  const it = way(plan, 4);
  it.state = { ...it.state, phase: 'held', wait: { owner: 'person', reason: 'it costs more', until: null, then: 'it goes on when somebody accepts that, or back' }, trouble: 'it costs more', target: plan.steps[0]!.target };
  it.state = advance(plan, it.state, observation({ wanted: 4, figures: figures(1_000, { gate: 'errors', state: 'fails', value: 1, limit: 0, sentence: 'too many errors' }) })).state;
  expect(it.state).toMatchObject({ phase: 'paused', resumes: 'held', trouble: expect.stringContaining('too many errors') });
  it.state = act(plan, it.state, 'resume', observation({ now: 2_000 })) as RolloutState;
  expect(it.state.phase).toBe('watching');
  expect(advance(plan, it.state, observation({ now: 2_000, wanted: 4 })).state.wait).not.toBe(null);
});

test('what cannot be done says why', () => {
  const it = way(strategy(), 4);
  const say = (verb: Verb, more: Partial<Observation> = {}) => act(strategy(), it.state, verb, observation(more));
  expect(say('promote')).toBe('It is preparing: only a step whose replicas all serve can be promoted.');
  expect(say('resume')).toBe('It is preparing: only what is paused can be resumed.');
  expect(say('accept')).toBe('It is preparing: only what a gate holds can be accepted.');
  expect(say('abort', { replicas: [replica('q-1', { releaseId: NEW })] })).toBe('1 replica serves on the new release: roll it back instead.');
  expect(say('abort')).toMatchObject({ phase: 'aborted' });
  it.state = say('roll-back') as RolloutState;
  expect(say('roll-back')).toBe('It is rolling back already.');
  expect(say('pause')).toBe('It is rolling back: that is not stopped halfway.');
  it.look(1);
  expect(it.state.phase).toBe('rolled-back');
  expect(say('pause')).toBe('It has ended: rolled-back.');
});

// --- whatever is seen

const anyState = fc.constantFrom<ObservedRelease['state']>('none', 'pulling', 'creating', 'starting', 'running', 'running', 'running', 'unhealthy', 'restarting', 'exited', 'failed', 'stopping');
const anyRelease = fc.constantFrom(OLD, NEW);
const anyReplica = (now: number) =>
  fc.record({ replicaId: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), releaseId: anyRelease, runningReleaseId: fc.option(anyRelease), state: anyState, reason: fc.constantFrom(null, 'because'), restarts: fc.nat(3), since: fc.integer({ min: Math.max(0, now - 60_000), max: now }), isHostLost: fc.boolean() });
const anyVerdict = fc.record({ gate: fc.constantFrom('errors' as const, 'cpu' as const), state: fc.constantFrom('passes' as const, 'waits' as const, 'holds' as const, 'fails' as const), value: fc.constant(1), limit: fc.constant(1), sentence: fc.constant('it says so') });
const anyObservation = (now: number): fc.Arbitrary<Observation> =>
  fc.record({
    now: fc.constant(now), toReleaseId: fc.constant(NEW), wanted: fc.nat(6), waiting: fc.nat(2), noRoom: fc.constantFrom(null, 'no room'),
    replicas: fc.uniqueArray(anyReplica(now), { selector: ({ replicaId }) => replicaId, maxLength: 6 }),
    images: fc.record({ needed: fc.constant(2), present: fc.nat(2), hindrance: fc.constantFrom(null, 'down') }),
    figures: fc.option(anyVerdict.map((verdict) => figures(now, verdict))),
  });
const anyStrategy: fc.Arbitrary<Strategy> = fc.record({ isPausing: fc.boolean(), promotions: fc.array(fc.constantFrom({ by: 'gates' as const }, { by: 'hand' as const }, { by: 'time' as const, seconds: 5 }), { minLength: 3, maxLength: 3 }) }).map(({ isPausing, promotions }) => {
  const usual = strategy({ onFailure: isPausing ? 'pause' : 'roll-back' });
  return { ...usual, steps: usual.steps.map(({ target }, index) => ({ target, promotion: promotions[index]! })) };
});
const VERBS: readonly Verb[] = ['pause', 'resume', 'promote', 'accept', 'abort', 'roll-back'];
const anyLooks = fc.array(fc.tuple(fc.nat(40_000), fc.option(fc.constantFrom(...VERBS), { freq: 4 })), { minLength: 1, maxLength: 12 }).chain((looks) => {
  let now = 0;
  return fc.tuple(...looks.map(([ms, verb]) => anyObservation((now += ms)).map((seen) => ({ seen, verb }))));
});

test('whatever is seen and done: what has ended stays so, no target is above its step, and every wait has an owner', () => {
  fc.assert(
    fc.property(anyStrategy, anyLooks, fc.constantFrom('release' as const, 'rollback' as const), (plan, looks, kind) => {
      let state = begin(plan, 0, { kind });
      for (const { seen, verb } of looks) {
        const before = state;
        const acted = verb === null ? state : act(plan, state, verb, seen);
        state = advance(plan, typeof acted === 'string' ? state : acted, seen).state;
        if (isEnded(before)) expect(JSON.stringify(state)).toBe(JSON.stringify(before));
        // The same look again, also by a server that has only what is stored: nothing changes.
        const again = advance(plan, JSON.parse(JSON.stringify(state)) as RolloutState, seen);
        expect(JSON.stringify(again.state)).toBe(JSON.stringify(state));
        expect(again.events.length).toBe(0);
        if (isEnded(state)) expect(state.wait).toBe(null);
        else {
          expect(state.wait?.owner).toBeDefined();
          expect(state.wait?.reason).not.toBe('');
          expect(resolve(state.target, seen.wanted)).toBeLessThanOrEqual(resolve(plan.steps[state.step]!.target, seen.wanted));
        }
        if (state.phase === 'rolling-back') expect(resolve(state.target, seen.wanted)).toBe(0);
      }
    }),
    { numRuns: 250 },
  );
}, 30_000);

test('where everything serves it gets to the end, whatever the number of replicas does meanwhile', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 20 }), (sizes) => {
      const it = way(strategy(), sizes[0]!);
      for (let look = 0; look < 40 && !isEnded(it.state); look += 1) {
        it.wanted = sizes[look % sizes.length]!;
        it.look(5);
      }
      expect(it.state.phase).toBe('succeeded');
    }),
    { numRuns: 100 },
  );
});
