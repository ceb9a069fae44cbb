// What every chart says besides its own lines.
import { plural } from './plural.ts';

export const chart = {
  table: 'As a table',
  tableOf: (chart: string) => `Figures of: ${chart}`,
  every: (count: number) => `One row in ${plural(count, 'point', 'points')} is shown.`,
  note: (unit: string, zone: string) => (unit === '' ? `Times: ${zone}` : `${unit} · times: ${zone}`),
};
