import { expect, test } from 'vitest';
import type { BurstSettings } from '#server/http/contract/index.ts';
import { fromProvisioner, fromSettings, toProvisioner, toSettings } from './burst-form.ts';

const settings: BurstSettings = { mode: 'propose', capCentsPerHour: 5000, capCentsPerDay: 40_050, warmRoom: { production: 205 }, retreat: { market: 'a-share', afterCloseMinutes: 15, holdMinutes: 10, drainMinutes: 20 }, timeZone: 'Asia/Shanghai' };

test('rules come back as they went in, and environments without a target are not sent', () => {
  const form = fromSettings(settings, ['gray', 'production']);
  expect(form).toMatchObject({ capHour: '50', capDay: '400.5', warm: { gray: '', production: '20.5' } });
  expect(toSettings(form)).toEqual({ settings, faults: {} });
});

test('what is not a number is told under the API’s field, and nothing is sent', () => {
  const { settings: sent, faults } = toSettings({ ...fromSettings(settings, []), capDay: 'many', warm: { production: '900' }, hold: '1.5' });
  expect(sent).toBeNull();
  expect(faults).toEqual({ capCentsPerDay: { code: 'notNumber' }, 'warmRoom.production': { code: 'range', least: 0, most: 500 }, 'retreat.holdMinutes': { code: 'notWhole' } });
});

test('a provisioner needs a hook and a range; a prefix may be typed with its slash', () => {
  const empty = fromProvisioner(null, []);
  expect(toProvisioner(empty, null).faults).toEqual({ hook: { code: 'needed' }, rangeSupernet: { code: 'needed' } });
  expect(toProvisioner({ ...empty, hook: 'lab', supernet: '10.60.0.0/16', prefix: '/26' }, null).edit).toMatchObject({ hook: 'lab', rangePrefix: 26, isEnabled: true });
});
