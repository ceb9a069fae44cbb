// Who is signed in and what the cluster is, for every page below the shell. One context, read through one helper.
import { createContext, useContext, type Accessor } from 'solid-js';
import type { Me, Status } from '#server/http/contract/index.ts';
import { refusalText } from '../format/reason.ts';
import type { Refusal } from '../api/can.ts';
import { t } from './preferences.ts';

export interface Session {
  readonly me: Accessor<Me>;
  /** undefined until the first answer. */
  readonly status: Accessor<Status | undefined>;
}

/** Provided by the shell alone. */
export const SessionContext = createContext<Session>();

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === undefined) throw new Error('a page is rendered outside of the shell');
  return session;
}

/** Why a person may not, as a sentence for a button's `refused`. */
export function because(refusal: Refusal | null): string | null {
  return refusalText(refusal, t());
}
