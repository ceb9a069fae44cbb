import { expect, test } from 'vitest';
import { fields, printList, table, width, type Printing, type Shown } from './output.ts';

interface Row {
  readonly name: string;
  readonly count: number | null;
  readonly note: string | null;
}
const COLUMNS = [
  { title: 'NAME', value: (row: Row) => row.name },
  { title: 'COUNT', value: (row: Row) => row.count, align: 'right' as const },
  { title: 'NOTE', value: (row: Row) => row.note },
];

test('columns line up, also with Chinese, absent values read as a dash and nothing trails', () => {
  const rows = [{ name: '行情', count: 12, note: null }, { name: 'orders', count: null, note: 'a longer note' }];
  expect(table(rows, COLUMNS)).toBe('NAME    COUNT  NOTE\n行情       12  -\norders      -  a longer note\n');
  expect(table(rows, COLUMNS, false)).not.toContain('NAME');
  expect(width('行情ab')).toBe(6);
});

test('control characters of others never reach the terminal', () => {
  expect(table([{ name: 'a\u001B[31mb\nc', count: 0, note: '\u0007' }], COLUMNS)).toBe('NAME       COUNT  NOTE\na [31mb c      0\n');
  expect(fields([['host', 'x\ry']])).toBe('host  x y\n');
});

test('-o chooses between table, the body of the API as JSON or YAML, and names; emptiness is talk, not data', async () => {
  const rows: Row[] = [{ name: 'phy1', count: 2, note: null }];
  const shown: Shown<Row> = { body: { items: rows, next: null }, rows, name: ({ name }) => name, columns: COLUMNS, empty: 'Nothing.' };
  const print = async (printing: Partial<Printing>, what: Shown<Row> = shown) => {
    const said = { out: '', err: '' };
    const io = { out: (text: string) => (said.out += text), err: (text: string) => (said.err += text) };
    await printList(io as never, { output: 'table', headers: true, ...printing }, what);
    return said;
  };
  expect(JSON.parse((await print({ output: 'json' })).out)).toEqual(shown.body);
  expect((await print({ output: 'yaml' })).out).toBe('items:\n  - name: phy1\n    count: 2\n    note: null\nnext: null\n');
  expect((await print({ output: 'name' })).out).toBe('phy1\n');
  expect((await print({ headers: false })).out).toBe('phy1  2  -\n');
  expect(await print({}, { ...shown, rows: [] })).toEqual({ out: '', err: 'Nothing.\n' });
});
