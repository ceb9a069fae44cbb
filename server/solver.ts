// The linear and integer programming solver of the product: GLPK compiled to WebAssembly, behind the scheduler's `Solve`.
// Takes a programme and a limit in milliseconds; gives a solution whose status says what may be read from it. It works in the
// calling thread until it is done: long programmes belong into a worker thread. It never throws for a programme that is too hard.
import glpk, { type GLPK, type LP } from 'glpk.js/node';
import type { LinearProgram, LinearSolution, Solve } from '#scheduler/pack/problem.ts';

const NOTHING: Omit<LinearSolution, 'status'> = { objective: Number.NaN, values: [], duals: [] };

let loaded: Promise<GLPK> | undefined;

/** Loads GLPK (about 30 ms, once in a thread) and gives its adapter. One of them serves any number of programmes, one after the other. */
export async function loadSolver(): Promise<Solve> {
  const library = await (loaded ??= glpk());
  return (programme, limits) => {
    try {
      return solveWith(library, programme, limits.milliseconds);
    } catch {
      // GLPK aborts the call when its memory is full; the instance stays usable.
      return { status: 'gave-up', ...NOTHING };
    }
  };
}

function solveWith(library: GLPK, programme: LinearProgram, milliseconds: number): LinearSolution {
  const { rows, columns } = programme;
  if (columns.length === 0) return withoutColumns(programme);
  const isInteger = columns.some(({ integer }) => integer === true);
  // Without presolve GLPK can tell that a linear programme is infeasible; integer programmes need presolve to begin at all.
  const { result } = library.solve(translate(library, programme), { msglev: library.GLP_MSG_OFF, presol: isInteger, tmlim: Math.max(1, milliseconds) / 1000 });
  const status = statusOf(library, result.status, isInteger);
  if (status !== 'optimal' && status !== 'feasible') return { status, ...NOTHING };
  return {
    status,
    objective: result.z,
    values: columns.map((_, index) => result.vars[`x${index}`] ?? 0),
    duals: isInteger ? [] : rows.map((_, index) => result.dual?.[`r${index}`] ?? 0),
  };
}

/** GLPK's status alone decides what its figures mean: after a time-out it gives an objective of 0 with `undefined`. */
function statusOf(library: GLPK, status: number, isInteger: boolean): LinearSolution['status'] {
  if (status === library.GLP_OPT) return 'optimal';
  if (status === library.GLP_NOFEAS) return 'infeasible';
  if (status === library.GLP_UNBND) return 'unbounded';
  return status === library.GLP_FEAS && isInteger ? 'feasible' : 'gave-up';
}

function translate(library: GLPK, { rows, columns }: LinearProgram): LP {
  const entries: { name: string; coef: number }[][] = rows.map(() => []);
  for (const [index, column] of columns.entries()) {
    const name = `x${index}`;
    for (const [row, value] of column.entries) {
      // GLPK would print this on standard output before it aborts.
      if (entries[row]?.at(-1)?.name === name) throw new Error(`column ${index} has row ${row} twice`);
      entries[row]?.push({ name, coef: value });
    }
  }
  const kinds = { 'at-least': library.GLP_LO, 'at-most': library.GLP_UP, equal: library.GLP_FX } as const;
  return {
    name: 'programme',
    objective: { direction: library.GLP_MIN, name: 'cost', vars: columns.map(({ cost }, index) => ({ name: `x${index}`, coef: cost })) },
    subjectTo: rows.map(({ kind, right }, index) => ({ name: `r${index}`, vars: entries[index] ?? [], bnds: { type: kinds[kind], lb: right, ub: right } })),
    bounds: columns.map(({ most }, index) => {
      if (most === undefined) return { name: `x${index}`, type: library.GLP_LO, lb: 0, ub: 0 };
      return { name: `x${index}`, type: most > 0 ? library.GLP_DB : library.GLP_FX, lb: 0, ub: most };
    }),
    generals: columns.flatMap(({ integer }, index) => (integer === true ? [`x${index}`] : [])),
  };
}

/** GLPK refuses a programme without columns; its only solution is nothing at all. */
function withoutColumns({ rows }: LinearProgram): LinearSolution {
  const holds = rows.every(({ kind, right }) => (kind === 'equal' ? right === 0 : kind === 'at-least' ? right <= 0 : right >= 0));
  return holds ? { status: 'optimal', objective: 0, values: [], duals: rows.map(() => 0) } : { status: 'infeasible', ...NOTHING };
}
