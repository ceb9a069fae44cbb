// Property tests try the same cases in every run, so that what passed passes again: a change is judged by what it changes. FIRN_SEED tries others.
import fc from 'fast-check';

const SEED = 20_261_123;

fc.configureGlobal({ seed: Number(process.env['FIRN_SEED'] ?? SEED) });
