// How the command line ends: exit codes with their meaning, and the error that carries one. Nothing here ends the process.

/** Conventions that scripts rely on; `plan propose` has its own (0 no change, 1 would change, 255 error). */
export const EXIT = {
  ok: 0,
  error: 1,
  /** It was taken, and not everything that was asked for runs. */
  pending: 2,
  /** sysexits' EX_USAGE: the command line itself cannot be. */
  usage: 64,
} as const;

/** Ends the command with this sentence on stderr and this code. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exitCode: number;
  /** Further lines, indented below the sentence. */
  readonly details: readonly string[];
  constructor(message: string, exitCode: number = EXIT.error, details: readonly string[] = []) {
    super(message);
    this.exitCode = exitCode;
    this.details = details;
  }
}

/** The command line or a file it names cannot be: exit code 64. */
export const usageError = (message: string, details: readonly string[] = []): CliError => new CliError(message, EXIT.usage, details);
