// A question that cannot be asked: which field, what it says, what would be allowed.
// Thrown by every question before it computes anything, so that a bad one changes nothing and costs nothing.

export class QuestionError extends Error {
  readonly field: string;
  readonly value: string | number;
  readonly allowed: string;

  /** @param field path inside the question, such as `changes.2.hostIds`. @param allowed as a phrase: `a host of the fleet` */
  constructor(field: string, value: string | number, allowed: string) {
    super(`${field} is ${value === '' ? 'empty' : value}: it must be ${allowed}`);
    this.name = 'QuestionError';
    this.field = field;
    // Figures that JSON does not know would arrive as null.
    this.value = typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
    this.allowed = allowed;
  }
}

/** @throws QuestionError unless the figure is a whole number within both bounds */
export function requireWhole(field: string, value: number, least: number, most: number): void {
  if (!Number.isInteger(value) || value < least || value > most) throw new QuestionError(field, value, `a whole number from ${least} to ${most}`);
}
