// The cable between one host and the server, and the connections over it: each direction may be cut, slow or break connections.
// What is sent into a cut is held and comes when it is mended, in order and late, as TCP does; who gave up meanwhile no longer listens.
import type { Dial, Wire, WireEvents } from '#agents/wire.ts';
import type { Socket } from '#server/control/session.ts';
import type { Chance } from './random.ts';
import type { Life, Time } from './time.ts';

/** The server's side of a new connection. */
export interface Accepted {
  received(text: string): void;
  ended(): void;
}

/** Who answers at the other end; null: nobody listens there. */
export type Accept = (authorization: string, socket: Socket) => Promise<Accepted | null>;

export interface Door {
  readonly life: Life;
  readonly accept: Accept;
}

type Direction = 'toServer' | 'toHost';

export class Cable {
  readonly cut = { toServer: false, toHost: false };
  /** One way, on top of what any cable takes. */
  slowMs = 0;
  readonly #time: Time;
  readonly #chance: Chance;
  readonly #name: string;
  readonly #connections = new Set<Connection>();
  /** Since when nothing at all is wrong with it. */
  soundSinceMs = 0;

  constructor(time: Time, chance: Chance, name: string) {
    this.#time = time;
    this.#chance = chance;
    this.#name = name;
  }

  get isSound(): boolean {
    return !this.cut.toServer && !this.cut.toHost && this.slowMs === 0;
  }

  /** Sets what is wrong with it from now on. */
  set(state: { readonly toServer: boolean; readonly toHost: boolean; readonly slowMs: number }): void {
    Object.assign(this.cut, { toServer: state.toServer, toHost: state.toHost });
    this.slowMs = state.slowMs;
    this.soundSinceMs = this.#time.nowMs;
    for (const connection of this.#connections) connection.flush();
  }

  /** Every connection breaks: both sides hear of it where they can. */
  breakAll(): void {
    this.soundSinceMs = this.#time.nowMs;
    for (const connection of this.#connections) connection.reset();
  }

  /** The host is gone without a word. */
  vanishHost(): void {
    for (const connection of this.#connections) connection.vanish();
  }

  /** The server's process ended; its machine says so to whoever can hear it. */
  endServer(): void {
    for (const connection of this.#connections) connection.endServer();
  }

  delayMs(): number {
    return 1 + this.#chance.fraction() + this.slowMs * (0.5 + this.#chance.fraction());
  }

  /** Signs of life on every connection that stands, as many as would have come by now. */
  refresh(): void {
    for (const connection of this.#connections) connection.refresh();
  }

  /** How the agent of this life dials. */
  dial(agent: Life, door: () => Door | null): Dial {
    return ({ authorization, limitMs }, events) => {
      const connection = new Connection(this, this.#time, this.#name, agent, events, () => this.#connections.delete(connection));
      this.#connections.add(connection);
      connection.open(authorization, limitMs, door);
      return connection.wire;
    };
  }
}

class Connection {
  readonly #cable: Cable;
  readonly #time: Time;
  readonly #owner: string;
  readonly #agent: Life;
  readonly #events: WireEvents;
  readonly #forget: () => void;
  readonly #held: Record<Direction, (() => void)[]> = { toServer: [], toHost: [] };
  readonly #lastMs: Record<Direction, number> = { toServer: 0, toHost: 0 };
  #server: Accepted | null = null;
  #door: Door | null = null;
  #state: Wire['state'] = 'opening';
  #isServerOpen = false;

  constructor(cable: Cable, time: Time, owner: string, agent: Life, events: WireEvents, forget: () => void) {
    this.#cable = cable;
    this.#time = time;
    this.#owner = owner;
    this.#agent = agent;
    this.#events = events;
    this.#forget = forget;
  }

  get wire(): Wire {
    const state = (): Wire['state'] => this.#state;
    return {
      get state() {
        return state();
      },
      send: (text) => this.#pass('toServer', () => this.#isServerOpen && this.#server?.received(text)),
      ping: () => this.#pass('toServer', () => this.#isServerOpen && this.#pass('toHost', () => this.#hears(() => this.#events.onSign()))),
      close: () => this.#leave('closing'),
      terminate: () => this.#leave('closed'),
    };
  }

  open(authorization: string, limitMs: number, door: () => Door | null): void {
    const cancel = this.#time.after(limitMs, 'once', this.#owner, () => this.#fail('no answer'));
    this.#pass('toServer', () => {
      this.#door = door();
      if (this.#door === null || this.#door.life.isOver) {
        this.#pass('toHost', () => {
          cancel();
          this.#fail('connection refused');
        });
        return;
      }
      void this.#accept(this.#door, authorization, cancel);
    });
  }

  /** What was held goes on, as far as the way is free. */
  flush(): void {
    for (const direction of ['toServer', 'toHost'] as const) {
      if (this.#cable.cut[direction]) continue;
      for (const deliver of this.#held[direction].splice(0)) this.#pass(direction, deliver);
    }
  }

  reset(): void {
    this.#pass('toServer', () => this.#endServerSide());
    this.#pass('toHost', () => this.#fail('connection reset'));
  }

  vanish(): void {
    this.#held.toServer.length = 0;
    this.#forget();
    this.#state = 'closed';
  }

  endServer(): void {
    this.#isServerOpen = false;
    this.#server = null;
    this.#pass('toHost', () => this.#fail('connection reset'));
  }

  refresh(): void {
    if (this.#state !== 'open' || !this.#isServerOpen) return;
    this.#server?.received('{"type":"heartbeat","seq":0}');
    this.#hears(() => this.#events.onSign());
  }

  async #accept(door: Door, authorization: string, cancel: () => void): Promise<void> {
    const isServerOpen = (): boolean => this.#isServerOpen;
    const socket: Socket = {
      bufferedBytes: 0,
      send: (text) => void (isServerOpen() && !door.life.isOver && this.#pass('toHost', () => this.#hears(() => this.#state === 'open' && this.#events.onMessage(text)))),
      close: () => this.#closeFromServer(),
      terminate: () => this.#closeFromServer(),
    };
    const accepted = await door.accept(authorization, socket).catch(() => null);
    if (door.life.isOver) return;
    this.#isServerOpen = accepted !== null;
    this.#server = accepted;
    this.#pass('toHost', () => {
      cancel();
      if (accepted === null) return this.#fail('unexpected server response: 401');
      if (this.#state !== 'opening') return this.#pass('toServer', () => this.#endServerSide());
      this.#hears(() => {
        this.#state = 'open';
        this.#events.onOpen();
      });
    });
  }

  #closeFromServer(): void {
    if (!this.#isServerOpen) return;
    this.#isServerOpen = false;
    const server = this.#server;
    this.#time.after(0, 'once', 'server', () => this.#door?.life.isOver === false && server?.ended());
    this.#pass('toHost', () => this.#fail('connection closed (1000)'));
  }

  #leave(state: 'closing' | 'closed'): void {
    if (this.#state === 'closed') return;
    this.#state = state;
    this.#pass('toServer', () => {
      this.#endServerSide();
      if (state === 'closing') this.#pass('toHost', () => this.#fail('connection closed (1000)'));
    });
  }

  #fail(reason: string): void {
    if (this.#state !== 'closed') this.#state = 'closed';
    this.#forget();
    this.#hears(() => this.#events.onEnd(reason));
  }

  #endServerSide(): void {
    this.#forget();
    if (!this.#isServerOpen) return;
    this.#isServerOpen = false;
    if (this.#door?.life.isOver === false) this.#server?.ended();
  }

  #hears(what: () => void): void {
    if (!this.#agent.isOver) what();
  }

  /** In order, each after the one before. */
  #pass(direction: Direction, deliver: () => void): void {
    if (this.#cable.cut[direction]) {
      this.#held[direction].push(deliver);
      return;
    }
    const atMs = Math.max(this.#lastMs[direction], this.#time.nowMs + this.#cable.delayMs());
    this.#lastMs[direction] = atMs;
    // What is on its way already arrives, even where the cable is cut behind it.
    this.#time.at(atMs, 'once', direction === 'toServer' ? 'server' : this.#owner, deliver);
  }
}
