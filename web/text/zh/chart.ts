// What every chart says besides its own lines, in Chinese.
import type { Dictionary } from '../en/index.ts';

export const chart: Dictionary['chart'] = {
  table: '以表格显示',
  tableOf: (chart) => `数据：${chart}`,
  every: (count) => `每 ${count} 个点显示一行。`,
  note: (unit, zone) => (unit === '' ? `时间：${zone}` : `${unit} · 时间：${zone}`),
};
