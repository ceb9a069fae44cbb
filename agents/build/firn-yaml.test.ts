import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ServiceSpec } from '../protocol.ts';
import { parseFirnYaml } from './firn-yaml.ts';
import { splitWords } from './split-words.ts';
import { problemText } from './yaml-fields.ts';

const GOOD = `runtime: node
build: |
  npm ci
  npm run build
test: npm test
output: ./dist/
start: node server.js --name "two words"
port: 8080
health: /up
metrics: /metrics
stopSeconds: 20
env:
  LOG_LEVEL: info
  LEVEL: 010
  DEBUG: false
profile:
  cpuMsPerRequest: 2.5
  memoryBaseMib: 64
  memoryKibPerQps: 40
`;

const minimal = (more: string): string => `runtime: node\nstart: node a.js\nport: 80\n${more}`;
const problemsOf = (text: string): string => {
  const read = parseFirnYaml(text);
  return 'problems' in read ? problemText('firn.yaml', read.problems) : 'no problem';
};

test('a whole file becomes a spec', () => {
  expect(parseFirnYaml(GOOD)).toEqual({
    spec: {
      runtime: 'node', build: 'npm ci\nnpm run build\n', test: 'npm test', output: 'dist', start: ['node', 'server.js', '--name', 'two words'], port: 8080, healthPath: '/up', metricsPath: '/metrics',
      stopSeconds: 20, env: { LOG_LEVEL: 'info', LEVEL: '010', DEBUG: 'false' }, profile: { cpuMsPerRequest: 2.5, memoryBaseMib: 64, memoryKibPerQps: 40 },
    },
  });
});

test('three lines are enough', () => {
  expect(parseFirnYaml(minimal(''))).toEqual({ spec: { runtime: 'node', start: ['node', 'a.js'], port: 80 } });
});

test.each([
  ['runtime: node\nstart: a\n', 'firn.yaml:1:1: port: is missing'],
  ['', 'firn.yaml:1:1: the file: nothing is not allowed; give fields: runtime, build'],
  ['- a\n', 'firn.yaml:1:1: the file: a list is not allowed'],
  [minimal('prot: 80\n'), 'firn.yaml:4:1: prot: there is no such field; did you mean port? Allowed are runtime'],
  [minimal('stop_seconds: 5\n'), 'firn.yaml:4:1: stop_seconds: there is no such field; did you mean stopSeconds?'],
  [minimal('healthPath: /up\n'), 'firn.yaml:4:1: healthPath: there is no such field; did you mean health?'],
  [minimal('wheels: 4\n'), 'firn.yaml:4:1: wheels: there is no such field; allowed are runtime'],
  ['runtime: node\nstart: a\nport: eighty\n', 'firn.yaml:3:7: port: "eighty" is not allowed; give a whole number from 1 to 65535'],
  ['runtime: node\nstart: a\nport: 70000\n', 'firn.yaml:3:7: port: 70000 is not allowed'],
  ['runtime: node\nstart: a\nport:\n', 'firn.yaml:3:1: port: nothing is not allowed'],
  ['runtime: Node\nstart: a\nport: 1\n', 'firn.yaml:1:10: runtime: "Node" is not allowed; give the name of a layer'],
  ['runtime: node\nport: 1\nstart: a && b\n', 'firn.yaml:3:8: start: "a && b" is not allowed; words of a shell'],
  ['runtime: node\nport: 1\nstart: []\n', 'firn.yaml:3:8: start: a list is not allowed'],
  ['runtime: node\nport: 1\nstart: "a \'b"\n', 'firn.yaml:3:8: start:'],
  ['runtime: node\nport: 1\nstart: {a: b}\n', 'firn.yaml:3:8: start: a mapping is not allowed'],
  [minimal('output: ../secret\n'), 'firn.yaml:4:9: output: "../secret" is not allowed; give a folder inside of the source'],
  [minimal('output: /etc\n'), 'firn.yaml:4:9: output: "/etc" is not allowed'],
  [minimal('output: a/../../b\n'), 'firn.yaml:4:9: output:'],
  [minimal('health: {http: /up, command: check}\n'), 'firn.yaml:4:9: health: needs one of http, command and tcp'],
  [minimal('health: {command: check, timeout: 5}\n'), 'firn.yaml:4:26: health.timeout: there is no such field; did you mean timeoutMs?'],
  [minimal('health: {tcp: true, intervalMs: 5}\n'), 'firn.yaml:4:33: health.intervalMs: 5 is not allowed; give a whole number from 500 to 600000'],
  [minimal('health: up\n'), 'firn.yaml:4:9: health: "up" is not allowed; give a path that begins with /'],
  [minimal('stopSeconds: 601\n'), 'firn.yaml:4:14: stopSeconds: 601 is not allowed; give a whole number from 0 to 600'],
  [minimal('stopSeconds: 1.5\n'), 'firn.yaml:4:14: stopSeconds: 1.5'],
  [minimal('build: ""\n'), 'firn.yaml:4:8: build: "" is not allowed'],
  [minimal('build: [npm, ci]\n'), 'firn.yaml:4:8: build: a list is not allowed'],
  [minimal('env:\n  1A: x\n'), 'firn.yaml:5:3: env: the name "1A" is not allowed'],
  [minimal('env:\n  A:\n'), 'firn.yaml:5:3: env.A: has no value'],
  [minimal('env:\n  A: [1]\n'), 'firn.yaml:5:6: env.A: has no value'],
  [minimal('env: x\n'), 'firn.yaml:4:6: env: "x" is not allowed; give names with values'],
  [minimal('profile:\n  cpuMsPerRequest: 0\n  memoryBaseMib: 1\n'), 'firn.yaml:5:3: profile.memoryKibPerQps: is missing\nfirn.yaml:5:20: profile.cpuMsPerRequest: 0 is not allowed; give a number from 0.001 to 600000'],
  [minimal('profile:\n  cpuPerRequest: 1\n'), 'did you mean cpuMsPerRequest?'],
  [minimal('port: 81\n'), 'firn.yaml:4:1: is not valid YAML: Map keys must be unique'],
  ['runtime: node\n  start: a\n', 'is not valid YAML'],
  ['runtime: [node\n', 'is not valid YAML'],
  [minimal('env: &a\n  A: 1\nbuild: *a\n'), 'firn.yaml:6:8: build: aliases (*a) are not allowed'],
])('%j is refused with its place', (text, sentence) => {
  expect(problemsOf(text)).toContain(sentence);
});

test('a file of 70 kB is not read', () => {
  expect(problemsOf(`# ${'x'.repeat(70_000)}\n`)).toContain('at most 65536 are allowed');
});

test('all problems are told, in the order of the lines', () => {
  expect(problemsOf('runtime: node\nport: 0\nstart: ""\nfoo: 1\n').split('\n').map((line) => line.split(': ')[0])).toEqual(['firn.yaml:2:7', 'firn.yaml:3:8', 'firn.yaml:4:1']);
});

test('whatever is read is a spec of the protocol, and nothing makes the parser throw', () => {
  const word = fc.constantFrom('runtime', 'start', 'port', 'env', 'profile', 'health', ':', ' ', '\n', '- ', 'a', '80', '[', '{', '"', '*x', '&x', '/up', '  ');
  fc.assert(fc.property(fc.array(word, { maxLength: 30 }), (words) => {
    const read = parseFirnYaml(words.join(''));
    if ('spec' in read) ServiceSpec.parse(read.spec);
    else expect(read.problems.length).toBeGreaterThan(0);
  }));
});

test('a command line is split as a shell would, or not at all', () => {
  expect(splitWords(`node  a.js 'b c' "d \\"e" f\\'g ''`)).toEqual(['node', 'a.js', 'b c', 'd "e', "f'g", '']);
  for (const line of ['a; b', 'a $B', 'a "$B"', 'a > b', 'a `b`', 'a *.js', "a 'b", 'a\nb']) expect([line, splitWords(line)]).toEqual([line, 'shell']);
});

test('a service says how it is asked: a path, a command in its container, or a connection, at its own pace', () => {
  const healthOf = (text: string) => {
    const read = parseFirnYaml(minimal(text));
    return 'spec' in read ? { health: read.spec.health, healthPath: read.spec.healthPath } : read;
  };
  expect(healthOf('health: /up\n')).toEqual({ health: undefined, healthPath: '/up' });
  expect(healthOf('health:\n  http: /up\n  failures: 5\n')).toEqual({ health: { kind: 'http', path: '/up', failures: 5 }, healthPath: '/up' });
  expect(healthOf('health:\n  command: pg_isready -q\n  intervalMs: 10000\n')).toEqual({ health: { kind: 'command', command: ['pg_isready', '-q'], intervalMs: 10_000 }, healthPath: undefined });
  expect(healthOf('health: {tcp: true, startGraceMs: 120000}\n')).toEqual({ health: { kind: 'tcp', startGraceMs: 120_000 }, healthPath: undefined });
});
