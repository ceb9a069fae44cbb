// Settings as people write them -> as the scheduler takes them; and where nobody wrote any, the defaults.
import type { Settings } from '#scheduler/autoscale/model.ts';
import { AutoscaleSettings } from '../http/contract/autoscale.ts';

/** What holds where nobody set anything: it is shown what would be decided, and nothing follows from it. */
export const DEFAULT_AUTOSCALE: AutoscaleSettings = AutoscaleSettings.parse({});

/** Without schedules and rules of signals, which reach a decision as floors. */
export function settingsOf({ schedules: _, signals: __, ...settings }: AutoscaleSettings): Settings {
  return settings;
}
