// What a wrong field says beneath its input: takes a fault of any form, gives the sentence in the reader's language.
import { t } from '../shell/preferences.ts';
import { show } from '../shell/show.ts';
import type { FieldFault } from './ask-draft.ts';
import type { AutoscaleFault } from './autoscale-form.ts';
import type { ConfigFault } from './config-form.ts';
import type { PolicyFault } from './policy-form.ts';
import type { StrategyFault } from './strategy-form.ts';

export function faultText(fault: FieldFault | PolicyFault | StrategyFault | ConfigFault | AutoscaleFault): string {
  switch (fault.code) {
    case 'needed':
    case 'notNumber':
    case 'notWhole':
      return t().ask[fault.code];
    case 'notPair':
      return t().ask.notPair(fault.line);
    case 'range':
      return t().policy.faults.range(show.number(fault.least), show.number(fault.most));
    case 'rising':
      return t().rollouts.strategy.faults.rising;
    case 'order':
      return t().autoscaleSettings.faults.order;
    case 'envName':
    case 'twice':
    case 'path':
    case 'mode':
    case 'slash':
    case 'choose':
      return t().releases.config.faults[fault.code];
    default:
      return t().policy.faults[fault.code];
  }
}
