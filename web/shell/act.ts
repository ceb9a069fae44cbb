// Does one thing and tells the person how it went. Takes a call and the sentence for success; gives whether it was done, and asks anew
// what the change touches without waiting for the live stream.
import { useQueryClient } from '@tanstack/solid-query';
import { ApiError } from '../api/client.ts';
import { staleKeys } from '../api/live.ts';
import { toast } from '../ui/toast.ts';
import { t } from './preferences.ts';

/**
 * What follows may lead to another page. Answers that arrive while the old page is being left can keep the new one from being shown, so they
 * are asked for once it stands.
 */
const LEAVE_MS = 150;

export interface Act {
  <T>(call: Promise<T>, options: { readonly done?: string; readonly topics: readonly string[]; readonly onDone?: (result: T) => void; readonly onFields?: (fields: Readonly<Record<string, string>>) => void }): Promise<boolean>;
}

export function useAct(): Act {
  const client = useQueryClient();
  return async (call, options) => {
    try {
      const result = await call;
      const refresh = (): void => {
        for (const topic of options.topics) for (const key of staleKeys(topic)) void client.invalidateQueries({ queryKey: [key] });
      };
      if (options.done !== undefined) toast.done(options.done);
      if (options.onDone === undefined) refresh();
      else {
        options.onDone(result);
        setTimeout(refresh, LEAVE_MS);
      }
      return true;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const fields = error.fields;
      if (options.onFields !== undefined && Object.keys(fields).length > 0) options.onFields(fields);
      toast.failed(sentenceOf(error));
      return false;
    }
  };
}

/** What went wrong, with the fields that the server named, in one text. */
export function sentenceOf(error: ApiError): string {
  const fields = Object.entries(error.fields).map(([field, message]) => (message.startsWith(field) ? message : `${field} ${message}`));
  if (fields.length > 0) return `${t().common.unknownError}: ${fields.join('; ')}`;
  return `${t().common.unknownError}: ${error.message}`;
}
