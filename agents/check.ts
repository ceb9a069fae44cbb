// One finding of the doctor. A file of its own, because the doctor's parts and the doctor both speak of it.
export interface Check {
  readonly name: string;
  readonly state: 'well' | 'doubtful' | 'wrong';
  readonly finding: string;
  /** What to do about it; absent when it is well. */
  readonly remedy?: string;
}
