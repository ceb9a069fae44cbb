// What uPlot is told to draw: axes with units in a named time zone, lines, areas, steps, bars, bands between two lines, marks at moments.
// Takes the lines and the theme's colours; gives uPlot's options. Knows nothing of what the lines mean and touches no page.
import uPlot from 'uplot';

export type Ink = 'accent' | 'ok' | 'warn' | 'bad' | 'info' | 'faint';

export interface ChartLine {
  readonly name: string;
  /** One for each time; null: not known then, and the line has a gap. */
  readonly values: readonly (number | null)[];
  readonly ink?: Ink;
  /** `bars` and `bars-beside` stand left and right of their time, so that two can be compared. */
  readonly look?: 'line' | 'area' | 'step' | 'step-area' | 'dashed' | 'bars' | 'bars-beside' | 'none';
  /** The space between this line and the one of that place in the list is filled: a forecast and its bound. */
  readonly bandTo?: number;
}

export interface ChartMark {
  /** Seconds since the epoch. */
  readonly at: number;
  readonly text: string;
  readonly ink?: Ink;
}

/** A stretch of time that is told apart by its ground. Seconds since the epoch. */
export interface ChartShade {
  readonly from: number;
  readonly to: number;
}

export interface ChartShape {
  readonly width: number;
  readonly height: number;
  readonly lines: readonly ChartLine[];
  readonly marks: readonly ChartMark[];
  readonly shades: readonly ChartShade[];
  /** A value that may not be passed, or that was asked for: a line across. */
  readonly level: { readonly value: number; readonly text: string; readonly ink?: Ink } | undefined;
  readonly atLeast: number;
  readonly format: (value: number) => string;
  readonly formatTime: (seconds: number) => string;
  /** Where ticks fall on whole hours and days; the reader's own when absent. */
  readonly timeZone: string | undefined;
  /** Charts with the same word move their cursors together. */
  readonly sync: string | undefined;
  readonly colour: (name: string) => string;
  readonly onCursor: (at: number | null) => void;
  /** After each drawing: where things lie may have changed. */
  readonly onDraw: (self: uPlot) => void;
}

const FONT = '11px system-ui, sans-serif';
const DASHES = [6, 4];
const WASH = '14%';
/** Bars fill so much of the room between two times, and are never wider than so many pixels. */
const BARS: readonly [number, number] = [0.36, 34];

export function chartOptions(shape: ChartShape): uPlot.Options {
  const { colour } = shape;
  const axis = { stroke: colour('--faint'), font: FONT, grid: { stroke: colour('--line'), width: 1 }, ticks: { show: false } };
  const zone = shape.timeZone;
  return {
    width: shape.width,
    height: shape.height,
    padding: [14, 22, 0, 0],
    legend: { show: false },
    cursor: { points: { size: 7 }, drag: { x: false, y: false }, ...(shape.sync === undefined ? {} : { sync: { key: shape.sync } }) },
    scales: { y: { range: (_self, _least, most) => [0, Math.max((most ?? 0) * 1.15, shape.atLeast, shape.level === undefined ? 0 : shape.level.value * 1.08) || 1] } },
    ...(zone === undefined ? {} : { tzDate: (seconds: number) => uPlot.tzDate(new Date(seconds * 1000), zone) }),
    axes: [
      { ...axis, space: 70, size: 26, values: (_self, splits) => splits.map(shape.formatTime) },
      { ...axis, size: 66, space: 32, values: (_self, splits) => splits.map(shape.format) },
    ],
    series: [{}, ...shape.lines.map((line) => series(line, colour))],
    bands: shape.lines.flatMap((line, at) => (line.bandTo === undefined ? [] : [{ series: [at + 1, line.bandTo + 1] as [number, number], fill: wash(colour(`--${line.ink ?? 'accent'}`)) }])),
    hooks: { drawClear: [(self) => drawShades(self, shape)], draw: [(self) => drawMarks(self, shape), shape.onDraw], setCursor: [(self) => shape.onCursor(self.cursor.idx ?? null)] },
  };
}

const wash = (ink: string) => `color-mix(in srgb, ${ink} ${WASH}, transparent)`;

function series(line: ChartLine, colour: ChartShape['colour']): uPlot.Series {
  const ink = colour(`--${line.ink ?? 'accent'}`);
  const look = line.look ?? 'line';
  const base: uPlot.Series = { label: line.name, stroke: ink, width: 1.75, points: { show: false } };
  switch (look) {
    case 'line':
      return base;
    case 'area':
      return { ...base, fill: wash(ink) };
    case 'step':
      return { ...base, paths: uPlot.paths.stepped!({ align: 1 }) };
    case 'step-area':
      return { ...base, fill: wash(ink), paths: uPlot.paths.stepped!({ align: 1 }) };
    case 'dashed':
      return { ...base, dash: DASHES };
    case 'bars':
    case 'bars-beside':
      return { ...base, width: 0, fill: look === 'bars' ? `color-mix(in srgb, ${ink} 38%, transparent)` : ink, paths: uPlot.paths.bars!({ size: [BARS[0], BARS[1]], align: look === 'bars' ? -1 : 1 }) };
    case 'none':
      return { ...base, width: 0 };
  }
}

/** Beneath the lines and the grid. */
function drawShades(self: uPlot, shape: ChartShape): void {
  const { ctx, bbox } = self;
  ctx.save();
  ctx.fillStyle = shape.colour('--sunken');
  for (const shade of shape.shades) {
    const left = Math.max(bbox.left, self.valToPos(shade.from, 'x', true));
    const right = Math.min(bbox.left + bbox.width, self.valToPos(shade.to, 'x', true));
    if (right > left) ctx.fillRect(left, bbox.top, right - left, bbox.height);
  }
  ctx.restore();
}

/** Moments as thin lines downwards with a word at their head, and the level as a line across. */
function drawMarks(self: uPlot, shape: ChartShape): void {
  const { ctx, bbox } = self;
  const unit = devicePixelRatio;
  ctx.save();
  ctx.font = `${11 * unit}px system-ui, sans-serif`;
  ctx.textAlign = 'left';
  ctx.textBaseline = 'alphabetic';
  ctx.lineWidth = unit;
  ctx.setLineDash([3 * unit, 3 * unit]);
  let free = -Infinity;
  for (const mark of shape.marks) {
    const x = self.valToPos(mark.at, 'x', true);
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.strokeStyle = ctx.fillStyle = shape.colour(`--${mark.ink ?? 'faint'}`);
    stroke(ctx, [x, bbox.top], [x, bbox.top + bbox.height]);
    const wide = ctx.measureText(mark.text).width;
    const left = Math.min(x + 3 * unit, bbox.left + bbox.width - wide);
    // A word that would lie on the one before it is left out: the line stays.
    if (left < free) continue;
    ctx.fillText(mark.text, left, bbox.top - 3 * unit);
    free = left + wide + 6 * unit;
  }
  if (shape.level !== undefined) {
    const y = self.valToPos(shape.level.value, 'y', true);
    ctx.strokeStyle = ctx.fillStyle = shape.colour(`--${shape.level.ink ?? 'bad'}`);
    stroke(ctx, [bbox.left, y], [bbox.left + bbox.width, y]);
    ctx.fillText(shape.level.text, bbox.left + 4 * unit, y - 4 * unit);
  }
  ctx.restore();
}

function stroke(ctx: CanvasRenderingContext2D, from: readonly [number, number], to: readonly [number, number]): void {
  ctx.beginPath();
  ctx.moveTo(...from);
  ctx.lineTo(...to);
  ctx.stroke();
}
