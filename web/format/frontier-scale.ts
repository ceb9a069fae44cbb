// Where the points of the frontier stand on the chart. Takes points and a size in pixels; gives their places, a stair between them (what
// lies between two points gives no more than the lower one) and round marks for both scales. Pure.

export interface Place {
  readonly x: number;
  readonly y: number;
}

export interface FrontierPlaces {
  readonly points: readonly Place[];
  /** An SVG path from the present (no moves, nothing gained) on. */
  readonly stair: string;
  readonly area: string;
  readonly xMarks: readonly { readonly at: number; readonly value: number }[];
  readonly yMarks: readonly { readonly at: number; readonly value: number }[];
}

export interface Box {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export function placeFrontier(points: readonly { readonly moves: number; readonly gain: number }[], box: Box): FrontierPlaces {
  const xMarks = roundMarks(Math.max(1, ...points.map(({ moves }) => moves)));
  const yMarks = roundMarks(Math.max(1, ...points.map(({ gain }) => gain)));
  const [mostX, mostY] = [xMarks.at(-1)!, yMarks.at(-1)!];
  const x = (moves: number) => box.left + (moves / mostX) * (box.width - box.left - box.right);
  const y = (gain: number) => box.height - box.bottom - (gain / mostY) * (box.height - box.top - box.bottom);
  const places = points.map(({ moves, gain }) => ({ x: x(moves), y: y(gain) }));
  const end = box.width - box.right;
  const stair = `M${x(0)} ${y(0)}${places.map((place) => `H${place.x}V${place.y}`).join('')}H${end}`;
  return {
    points: places,
    stair,
    area: `${stair}V${y(0)}Z`,
    xMarks: xMarks.map((value) => ({ at: x(value), value })),
    yMarks: yMarks.map((value) => ({ at: y(value), value })),
  };
}

/** From 0 in steps of 1, 2 or 5 times a power of ten, whole, about four of them, the last at or above `most`. */
export function roundMarks(most: number): number[] {
  const rough = Math.max(1, most / 4);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max(1, [1, 2, 5, 10].map((times) => times * power).find((size) => size >= rough)!);
  return Array.from({ length: Math.ceil(most / step) + 1 }, (_, at) => at * step);
}
