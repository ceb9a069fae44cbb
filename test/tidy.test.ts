// The rules of this repository that a machine can see: who may import whom, how long things may get, what must not be written.
// Takes the tree as it lies on the disk; each test names every place that breaks its rule. It runs nothing of the project.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, test } from 'vitest';
import { parseSync } from 'vite';

const root = join(import.meta.dirname, '..');
const folders = ['scheduler', 'agents', 'server', 'web', 'migrations', 'test'] as const;
/** Made by a machine or for one. */
const SKIPPED = /(^|\/)(node_modules|dist|data|\.[a-z-]+)(\/|$)|\.d\.ts$/;
const isTest = (path: string) => /\.(test|lab|e2e)\.tsx?$/.test(path);

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [key: string]: unknown;
}

interface Source {
  readonly path: string;
  readonly text: string;
  readonly nodes: readonly { readonly node: Node; readonly parent: Node | undefined; readonly key: string }[];
  readonly imports: readonly { readonly from: string; readonly isTypeOnly: boolean }[];
}

function filesUnder(folder: string, pattern: RegExp): string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && pattern.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .filter((path) => !SKIPPED.test(path))
    .sort();
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string';
}

function walk(node: Node, parent: Node | undefined, key: string, found: Source['nodes'][number][]): void {
  found.push({ node, parent, key });
  for (const [name, value] of Object.entries(node)) {
    for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) walk(child, node, name, found);
  }
}

function read(path: string): Source {
  const text = readFileSync(join(root, path), 'utf8');
  const { program, errors } = parseSync(path, text);
  if (errors.length > 0) throw new Error(`${path}: ${errors[0]?.message}`);
  const nodes: Source['nodes'][number][] = [];
  walk(program as unknown as Node, undefined, '', nodes);
  const imports = nodes.flatMap(({ node }) => {
    if (!['ImportDeclaration', 'ExportNamedDeclaration', 'ExportAllDeclaration', 'ImportExpression', 'TSImportType'].includes(node.type)) return [];
    const source = node['source'];
    const from = isNode(source) ? source['value'] : undefined;
    const isTypeOnly = node['importKind'] === 'type' || node['exportKind'] === 'type' || node.type === 'TSImportType';
    return typeof from === 'string' ? [{ from, isTypeOnly }] : [];
  });
  return { path, text, nodes, imports };
}

const sources = folders.flatMap((folder) => filesUnder(folder, /\.tsx?$/)).map(read);
const product = sources.filter(({ path }) => !isTest(path));
const scheduler = product.filter(({ path }) => path.startsWith('scheduler/'));
const lineAt = ({ text }: Source, offset: number) => text.slice(0, offset).split('\n').length;

/** The path inside the project that an import means; undefined for packages and for node's own modules. */
function target(path: string, from: string): string | undefined {
  if (from.startsWith('#')) return from.slice(1);
  return from.startsWith('.') ? relative(root, join(root, dirname(path), from)) : undefined;
}

/** What each folder may import of ours besides itself. Tests may import anything. */
const MAY_IMPORT: Readonly<Record<string, (target: string, isTypeOnly: boolean) => boolean>> = {
  scheduler: () => false,
  agents: () => false,
  server: (path) => path.startsWith('scheduler/') || path === 'agents/protocol.ts',
  web: (path, isTypeOnly) => path.startsWith('server/http/contract') && isTypeOnly,
  migrations: () => false,
  test: () => true,
};

test('imports go in one direction', () => {
  const wrong = product.flatMap(({ path, imports }) => {
    const [folder = ''] = path.split('/');
    return imports.flatMap(({ from, isTypeOnly }) => {
      const to = target(path, from);
      if (to === undefined || to.startsWith(`${folder}/`) || to === 'package.json' || MAY_IMPORT[folder]?.(to, isTypeOnly) === true) return [];
      return [`${path} imports ${to}${isTypeOnly ? '' : ' (as a value)'}`];
    });
  });
  expect(wrong).toEqual([]);
});

test('imports across top folders are written #folder/file.ts, inside a folder relative', () => {
  const wrong = sources.flatMap(({ path, imports }) => {
    const [folder = ''] = path.split('/');
    return imports.flatMap(({ from }) => {
      const to = target(path, from);
      if (to === undefined || to.startsWith('.') || !to.includes('/')) return [];
      const isInside = to.startsWith(`${folder}/`);
      return isInside === from.startsWith('#') ? [`${path} imports ${from}`] : [];
    });
  });
  expect(wrong).toEqual([]);
});

/** Names that the scheduler may not use: whatever makes the same input give another plan, or reaches outside. */
const IMPURE = new Set(['Date', 'Temporal', 'process', 'fetch', 'console', 'performance', 'crypto', 'globalThis', 'setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'require', 'Intl']);

test('the scheduler is pure', () => {
  const wrong = scheduler.flatMap((source) => [
    ...source.imports.filter(({ from }) => !from.startsWith('.') && !source.path.startsWith('scheduler/fixtures/')).map(({ from }) => `${source.path} imports ${from}`),
    ...source.nodes.flatMap(({ node, parent, key }) => {
      const name = node.type === 'Identifier' ? String(node['name']) : '';
      const isRandom = name === 'random' && parent?.type === 'MemberExpression' && isNode(parent['object']) && parent['object']['name'] === 'Math';
      const isProperty = (parent?.type === 'MemberExpression' && key === 'property') || (key === 'key' && parent?.type !== 'MemberExpression');
      return isRandom || (IMPURE.has(name) && !isProperty) ? [`${source.path}:${lineAt(source, node.start)} uses ${name}`] : [];
    }),
    ...['localeCompare', 'toLocaleString'].filter((name) => source.text.includes(`.${name}(`)).map((name) => `${source.path} uses ${name}, which depends on the machine's language`),
  ]);
  expect(wrong).toEqual([]);
});

test('the checker shares no code with the placer', () => {
  const imported = scheduler.filter(({ path }) => /\/check(-host|-pairs|-releases)?\.ts$/.test(path)).flatMap(({ imports }) => imports.filter(({ isTypeOnly }) => !isTypeOnly).map(({ from }) => from));
  expect(new Set(imported)).toEqual(new Set(['./check-host.ts', './check-pairs.ts', './check-releases.ts']));
});

/** Stages are verbs or name what they give; each file exports one function of its own name. */
const STAGES = ['size', 'feasible', 'score', 'reconcile', 'move', 'place', 'improve', 'eliminate', 'plan', 'check', 'quote', 'schedule', 'prepare', 'overlay'];

test('each stage of the scheduler is a file that exports its own name', () => {
  const missing = STAGES.filter((stage) => !new RegExp(`^export function ${stage}\\(`, 'm').test(scheduler.find(({ path }) => path === `scheduler/${stage}.ts`)?.text ?? ''));
  expect(missing).toEqual([]);
});

/** Longer than a person reads at once. Generated code and data are apart. */
const MOST_LINES = 400;
const MOST_FUNCTION_LINES = 70;
/** Page markup is declarative and may be longer. */
const MOST_MARKUP_LINES = 120;
/** Declarative tables that may be longer than a function should be. The list may only get shorter. */
const LONG_TABLES: readonly string[] = [];

test(`no file is longer than ${MOST_LINES} lines`, () => {
  const long = sources.filter(({ text }) => text.split('\n').length - 1 > MOST_LINES).map(({ path, text }) => `${path}: ${text.split('\n').length - 1} lines`);
  expect(long).toEqual([]);
});

test(`no function is longer than ${MOST_FUNCTION_LINES} lines, or ${MOST_MARKUP_LINES} of page markup`, () => {
  const kinds = new Set(['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression']);
  const long = product.flatMap((source) =>
    source.nodes.flatMap(({ node, parent }) => {
      if (!kinds.has(node.type)) return [];
      const lines = lineAt(source, node.end) - lineAt(source, node.start) + 1;
      if (lines <= (source.path.endsWith('.tsx') ? MOST_MARKUP_LINES : MOST_FUNCTION_LINES)) return [];
      const id = [node['id'], parent?.['id'], parent?.['key']].find(isNode);
      const name = `${source.path} ${typeof id?.['name'] === 'string' ? id['name'] : 'anonymous'}`;
      return LONG_TABLES.includes(name) ? [] : [`${name}: ${lines} lines`];
    }),
  );
  expect(long).toEqual([]);
});

test('every file opens with what it is for', () => {
  expect(product.filter(({ text }) => !/^(#!.*\n)?(\/\/ |\/\*)/.test(text)).map(({ path }) => path)).toEqual([]);
});

test('nothing is left to do later, and nothing is named after nothing', () => {
  const leftovers = sources.filter(({ path }) => path !== 'test/tidy.test.ts').flatMap(({ path, text }) =>
    text.split('\n').flatMap((line, index) => (/\b(FIXME|TODO|XXX|HACK)\b/.test(line) ? [`${path}:${index + 1} ${line.trim()}`] : [])),
  );
  expect(leftovers).toEqual([]);
  expect(sources.map(({ path }) => path).filter((path) => /(^|\/)(utils?|helpers?|misc|manager)\b/.test(path))).toEqual([]);
});

test('no type is any', () => {
  const found = sources.flatMap((source) => source.nodes.filter(({ node }) => node.type === 'TSAnyKeyword').map(({ node }) => `${source.path}:${lineAt(source, node.start)}`));
  expect(found).toEqual([]);
});

/** The environment is read where a program starts, and nowhere else. Tests and the test tools are programs of their own. */
const READS_ENVIRONMENT = /(^|\/|\.)(config|main)\.ts$|^test\//;

test('process.env is read only where a program starts', () => {
  const found = sources.filter(({ path, text }) => /process\.env\b/.test(text) && !READS_ENVIRONMENT.test(path) && !isTest(path)).map(({ path }) => path);
  expect(found).toEqual([]);
});

test('links in the notes lead somewhere', () => {
  const notes = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...folders.flatMap((folder) => filesUnder(folder, /\.md$/))].filter((path) => existsSync(join(root, path)));
  const broken = notes.flatMap((path) => {
    const prose = readFileSync(join(root, path), 'utf8').replace(/```[\s\S]*?```/g, '').replace(/`[^`\n]*`/g, '');
    const links = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link).filter((link) => !/^([a-z]+:|#)/.test(link));
    return links.filter((link) => !existsSync(join(root, dirname(path), link.replace(/#.*$/, '')))).map((link) => `${path}: ${link}`);
  });
  expect(broken).toEqual([]);
});
