import { expect, test } from 'vitest';
import { EMPTY_FORM, toDraft } from './ask-draft.ts';
import { askCommand } from './ask-command.ts';

test('a form can be taken into a script', () => {
  const { draft } = toDraft({ ...EMPTY_FORM, team: 'market', service: 'quote', environment: 'production', image: "it's/mine:1", maxQps: '90' });
  expect(askCommand('quote', draft)).toBe('firn request quote --team market --service quote --environment production --qps 400 --cpu-per-request 20 --memory-base 300Mi --memory-per-qps 512Ki --max-qps 90 --survive host');
  expect(askCommand('submit', draft)).toMatch(/--image 'it'\\''s\/mine:1'$/);
  expect(askCommand('quote', null)).toBe('firn request quote --help');
});
