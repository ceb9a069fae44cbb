// Colour of a share on the map of the fleet: one hue from light to deep, so that it reads without telling colours apart. Pure: takes three
// stops as the theme has them; gives a CSS colour per percent, computed once.

type Rgb = readonly [number, number, number];

/** One colour for each whole percent: `scale[Math.round(share * 100)]`. */
export function heatScale(stops: readonly [string, string, string]): readonly string[] {
  const [low, middle, high] = stops.map(readHex) as [Rgb, Rgb, Rgb];
  return Array.from({ length: 101 }, (_, percent) => {
    const isLow = percent < 50;
    const [from, to] = isLow ? [low, middle] : [middle, high];
    return css(mix(from, to, isLow ? percent / 50 : (percent - 50) / 50));
  });
}

/** Ink that can be read on a colour: dark on light, light on dark. */
export function inkOn(colour: string): string {
  const [red, green, blue] = readRgb(colour);
  return 0.299 * red + 0.587 * green + 0.114 * blue > 140 ? '#0e2132' : '#ffffff';
}

function mix(from: Rgb, to: Rgb, at: number): Rgb {
  return [0, 1, 2].map((channel) => Math.round(from[channel as 0] + (to[channel as 0] - from[channel as 0]) * at)) as unknown as Rgb;
}

function css([red, green, blue]: Rgb): string {
  return `rgb(${red}, ${green}, ${blue})`;
}

function readHex(text: string): Rgb {
  const value = Number.parseInt(text.trim().replace('#', ''), 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}

function readRgb(text: string): Rgb {
  const [red = 0, green = 0, blue = 0] = (text.match(/\d+/g) ?? []).map(Number);
  return [red, green, blue];
}
