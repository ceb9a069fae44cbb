// What an agent does about itself: its certificate and its own program. The rest of the agent hands it the session's moments and messages.
import type { Clock } from './clock.ts';
import type { AgentConfig } from './config.ts';
import type { HostIdentity, IdentityStore } from './identity-files.ts';
import type { Credential } from './join.ts';
import type { Log } from './log.ts';
import type { AgentMessage, UpgradeProgress } from './protocol.ts';
import { Renewal } from './renewal.ts';
import type { OtherMessage, Welcome } from './session.ts';
import { Upgrader, type Trial, type UpgradeStore } from './upgrade.ts';

export interface SelfParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly config: AgentConfig;
  readonly credential: Credential;
  /** Null where this host never has a certificate. */
  readonly identities: IdentityStore | null;
  readonly identity: HostIdentity | undefined;
  /** Null where this agent cannot replace itself. */
  readonly upgrades: UpgradeStore | null;
  readonly send: (message: AgentMessage) => void;
  readonly news: () => void;
  readonly redial: (reason: string) => void;
  /** A bundle was fetched, checked, and starts: it can be tried. */
  readonly onTrial: (trial: Trial) => void;
}

export class Self {
  readonly #renewal: Renewal | undefined;
  readonly #upgrader: Upgrader | undefined;

  constructor({ clock, log, config, credential, identities, identity, upgrades, send, news, redial, onTrial }: SelfParts) {
    if (identities !== null) {
      const isFirst = identity === undefined;
      this.#renewal = new Renewal({ clock, log, name: config.name, store: identities, send, onRenewed: () => isFirst && redial('this host has a certificate now') }, identity);
    }
    if (upgrades !== null) this.#upgrader = new Upgrader({ clock, log, config, credential, store: upgrades, identity: () => this.identity, news, onTrial });
  }

  /** What the server may send this agent because of this file. */
  get speaks(): readonly string[] {
    return [...(this.#renewal === undefined ? [] : ['renew']), ...(this.#upgrader === undefined ? [] : ['upgrade'])];
  }

  get identity(): HostIdentity | undefined {
    return this.#renewal?.identity;
  }

  /** Of the last upgrade, for the report. */
  get progress(): UpgradeProgress | undefined {
    return this.#upgrader?.progress;
  }

  welcomed({ speaks }: Pick<Welcome, 'speaks'>): void {
    this.#renewal?.connected(speaks?.includes('renew') ?? false);
    this.#upgrader?.welcomed();
  }

  disconnected(): void {
    this.#renewal?.disconnected();
  }

  /** @returns false when the message is about something else */
  take(message: OtherMessage): boolean {
    if (message.type === 'certificate') void this.#renewal?.received(message.issued);
    else if (message.type === 'upgrade') void this.#upgrader?.take(message.order);
    else return false;
    return true;
  }

  stop(): void {
    this.#renewal?.stop();
    this.#upgrader?.stop();
  }
}
