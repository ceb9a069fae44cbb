// The forms of bursting, all text, and their conversion to the API's: rules, and the provisioner of a pool. Pure.
import type { BurstSettings, BurstSettingsInput, ProvisionerEditInput, ProvisionerView } from '#server/http/contract/index.ts';
import { type NumberFault, readNumber, readScaled } from './read-number.ts';

const MOST_MONEY = 10_000_000;
const MOST_WARM_PERCENT = 500;

export interface BurstForm {
  readonly mode: BurstSettings['mode'];
  /** In whole units of money. */
  readonly capHour: string;
  readonly capDay: string;
  /** By environment, in percent; empty: no room is kept. */
  readonly warm: Readonly<Record<string, string>>;
  /** Empty: no market is waited for. */
  readonly market: string;
  readonly afterClose: string;
  readonly hold: string;
  readonly drain: string;
  readonly timeZone: string;
}

export function fromSettings(settings: BurstSettings, environments: readonly string[]): BurstForm {
  const warm = Object.fromEntries([...new Set([...environments, ...Object.keys(settings.warmRoom)])].map((name) => [name, settings.warmRoom[name] ? String(settings.warmRoom[name] / 10) : '']));
  return { mode: settings.mode, capHour: String(settings.capCentsPerHour / 100), capDay: String(settings.capCentsPerDay / 100), warm, market: settings.retreat.market ?? '', afterClose: String(settings.retreat.afterCloseMinutes), hold: String(settings.retreat.holdMinutes), drain: String(settings.retreat.drainMinutes), timeZone: settings.timeZone };
}

/** @returns null with the faults by the API's field paths */
export function toSettings(form: BurstForm): { readonly settings: BurstSettingsInput | null; readonly faults: Readonly<Record<string, NumberFault>> } {
  const faults: Record<string, NumberFault> = {};
  const money = (field: string, text: string) => readScaled(faults, field, text, { least: 0, most: MOST_MONEY, scale: 100 });
  const minutes = (field: string, text: string, least: number, most: number) => readNumber(faults, field, text, { least, most, whole: true });
  const warmRoom = Object.fromEntries(Object.entries(form.warm).flatMap(([name, text]) => (text.trim() === '' ? [] : [[name, readScaled(faults, `warmRoom.${name}`, text, { least: 0, most: MOST_WARM_PERCENT, scale: 10 })]])));
  const settings: BurstSettingsInput = {
    mode: form.mode,
    capCentsPerHour: money('capCentsPerHour', form.capHour),
    capCentsPerDay: money('capCentsPerDay', form.capDay),
    warmRoom,
    retreat: {
      market: form.market === '' ? null : form.market,
      afterCloseMinutes: minutes('retreat.afterCloseMinutes', form.afterClose, 0, 720),
      holdMinutes: minutes('retreat.holdMinutes', form.hold, 0, 1440),
      drainMinutes: minutes('retreat.drainMinutes', form.drain, 1, 1440),
    },
    timeZone: form.timeZone.trim(),
  };
  return { settings: Object.keys(faults).length === 0 ? settings : null, faults };
}

export interface ProvisionerForm {
  readonly hook: string;
  readonly supernet: string;
  readonly prefix: string;
  readonly billing: string;
  readonly margin: string;
  readonly provision: string;
  readonly join: string;
  readonly release: string;
  readonly isEnabled: boolean;
}

/** @param present null: the pool has none yet */
export function fromProvisioner(present: ProvisionerView | null, hooks: readonly string[]): ProvisionerForm {
  if (present === null) return { hook: hooks[0] ?? '', supernet: '', prefix: '24', billing: '60', margin: '180', provision: '300', join: '180', release: '300', isEnabled: true };
  return { hook: present.hook, supernet: present.rangeSupernet, prefix: String(present.rangePrefix), billing: String(present.billingMinutes), margin: String(present.releaseMarginSeconds), provision: String(present.provisionSeconds), join: String(present.joinSeconds), release: String(present.releaseSeconds), isEnabled: present.isEnabled };
}

/** What the form has no field for stays as it was. */
export function toProvisioner(form: ProvisionerForm, present: ProvisionerView | null): { readonly edit: ProvisionerEditInput | null; readonly faults: Readonly<Record<string, NumberFault>> } {
  const faults: Record<string, NumberFault> = {};
  const whole = (field: string, text: string, least: number, most: number) => readNumber(faults, field, text, { least, most, whole: true });
  if (form.hook === '') faults.hook = { code: 'needed' };
  if (form.supernet.trim() === '') faults.rangeSupernet = { code: 'needed' };
  const edit: ProvisionerEditInput = {
    ...(present === null ? {} : { leastShare: present.leastShare, options: present.options }),
    hook: form.hook,
    rangeSupernet: form.supernet.trim(),
    rangePrefix: whole('rangePrefix', form.prefix.replace('/', ''), 16, 29),
    billingMinutes: whole('billingMinutes', form.billing, 1, 44_640),
    releaseMarginSeconds: whole('releaseMarginSeconds', form.margin, 0, 3600),
    provisionSeconds: whole('provisionSeconds', form.provision, 1, 7200),
    joinSeconds: whole('joinSeconds', form.join, 1, 3600),
    releaseSeconds: whole('releaseSeconds', form.release, 1, 7200),
    isEnabled: form.isEnabled,
  };
  return { edit: Object.keys(faults).length === 0 ? edit : null, faults };
}
