// Decides again what was decided, from what was kept of it. The function is pure, so the same software says the same to the last byte; where it does not, it says
// in which fields, and which versions of the software they were.
import { decide } from '#scheduler/autoscale/decide.ts';
import { type DecisionRow, packedInputs } from '../db/autoscale.ts';
import type { Reader } from '../db/store.ts';
import { InvalidError } from '../errors.ts';
import type { DecisionReplay } from '../http/contract/autoscale.ts';
import { VERSION } from '../version.ts';
import { type DecisionInputs, unpackInputs } from './packed.ts';

/** @throws InvalidError where an earlier version kept the decision and not what it followed from */
export async function inputsOf(reader: Reader, row: DecisionRow): Promise<DecisionInputs> {
  const inputs = unpackInputs(await packedInputs(reader, row), row.inputChain === null);
  if (inputs === undefined) throw new InvalidError('decision-inputs-gone', `What decision ${row.id} was made from is not kept: it is of an earlier version of the software.`, [{ field: 'id', value: row.id, message: 'cannot be made again' }]);
  return inputs;
}

/** @throws what inputsOf() throws */
export async function replayDecision(reader: Reader, row: DecisionRow): Promise<DecisionReplay> {
  const { settings, state, observation } = await inputsOf(reader, row);
  const again = JSON.parse(JSON.stringify(decide(settings, state, observation).decision)) as Record<string, unknown>;
  const stored = row.body as unknown as Record<string, unknown>;
  const fields = [...new Set([...Object.keys(stored), ...Object.keys(again)])];
  const differences = fields.filter((field) => JSON.stringify(stored[field]) !== JSON.stringify(again[field])).map((field) => ({ field, stored: stored[field] ?? null, again: again[field] ?? null }));
  const isIdentical = differences.length === 0;
  const sentence = isIdentical
    ? 'The same decision comes out, to the last byte.'
    : `${differences.length} ${differences.length === 1 ? 'field differs' : 'fields differ'} (${differences.map(({ field }) => field).join(', ')})${row.software === VERSION ? '' : `: it was decided by version ${row.software}, and this is ${VERSION}`}.`;
  return { id: row.id, isIdentical, sentence, differences, algorithm: { stored: row.software, now: VERSION } };
}
