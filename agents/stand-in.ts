// A stand-in for the server's side of the protocol, for tests: takes joins, welcomes, hands out an assignment, acks, keeps what it hears.
// Not a mock of the server: it knows the protocol only, and a test tells it what to say.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';
import { AgentMessage, JoinRequest, type Assignment, type Report, type ServerMessage } from './protocol.ts';

export interface StandInOptions {
  /** 0: any free port. */
  readonly port?: number;
  readonly host?: string;
  readonly heartbeatMs?: number;
  readonly reportMs?: number;
  readonly leaseMs?: number;
  /** Answers of `POST /agents/join`; absent: everybody may. */
  readonly refuseJoin?: (request: JoinRequest) => { status: number; code: string; detail: string } | undefined;
}

/** One agent's connection and everything that it said. */
export interface Conversation {
  readonly hostId: string;
  readonly authorization: string;
  readonly heard: AgentMessage[];
  send(message: ServerMessage): void;
  sendRaw(text: string): void;
  /** Ends the connection without a goodbye. */
  cut(): void;
}

export class StandInServer implements AsyncDisposable {
  readonly conversations: Conversation[] = [];
  readonly joins: JoinRequest[] = [];
  readonly clusterId = 'cluster-1';
  /** When false, reports are heard but not acked. */
  acks = true;
  /** Hears every message, after the stand-in's own answer to it. */
  onMessage: (hostId: string, message: AgentMessage) => void = () => undefined;
  /** Bytes for `GET` of a path by an agent, such as a layer's folder. */
  readonly files = new Map<string, Buffer>();
  #port = 0;
  readonly #http: Server;
  readonly #sockets: WebSocketServer;
  readonly #options: StandInOptions;
  readonly #assignments = new Map<string, Assignment>();
  readonly #reports = new Map<string, Report>();
  readonly #waiting = new Set<() => void>();

  private constructor(http: Server, options: StandInOptions) {
    this.#http = http;
    this.#options = options;
    this.#sockets = new WebSocketServer({ server: http, path: '/agents/ws' });
    this.#sockets.on('connection', (socket, request) => this.#onConnection(socket, request.headers.authorization ?? ''));
  }

  static async start(options: StandInOptions = {}): Promise<StandInServer> {
    const http = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const file = server.files.get(request.url ?? '');
        if (file !== undefined && request.headers.authorization?.startsWith('Bearer ') === true) return response.writeHead(200, { 'content-type': 'application/x-tar' }).end(file);
        const answer = request.url === '/agents/join' ? server.#join(Buffer.concat(chunks).toString()) : { status: 404, body: {} };
        response.writeHead(answer.status, { 'content-type': 'application/json' }).end(JSON.stringify(answer.body));
      });
    });
    const server = new StandInServer(http, options);
    await new Promise<void>((resolve) => http.listen(options.port ?? 0, options.host ?? '127.0.0.1', resolve));
    server.#port = (http.address() as AddressInfo).port;
    return server;
  }

  get port(): number {
    return this.#port;
  }

  get url(): string {
    return `ws://${this.#options.host ?? '127.0.0.1'}:${this.port}`;
  }

  /** Keeps an assignment for a host and sends it when that host is connected. */
  assign(assignment: Assignment): void {
    this.#assignments.set(assignment.hostId, assignment);
    this.#live(assignment.hostId)?.send({ type: 'assignment', assignment });
  }

  /** Sends any message to a host that is connected. */
  tell(hostId: string, message: ServerMessage): void {
    const conversation = this.#live(hostId);
    if (conversation === undefined) throw new Error(`${hostId} is not connected`);
    conversation.send(message);
  }

  /** Sends any text to a host that is connected. */
  tellRaw(hostId: string, text: string): void {
    this.#live(hostId)?.sendRaw(text);
  }

  /** Present connections stay open and say nothing any more, as with a cable that is out. */
  muteConnections(): void {
    for (const client of this.#sockets.clients) client.pause();
  }

  lastReport(hostId: string): Report | undefined {
    return this.#reports.get(hostId);
  }

  /** Resolves with the first report, from now on or already there, that fits. Rejects at the deadline with the last one. */
  async until(hostId: string, fits: (report: Report) => boolean, deadlineMs = 20_000): Promise<Report> {
    await this.untilTrue(
      () => {
        const report = this.#reports.get(hostId);
        return report !== undefined && fits(report);
      },
      deadlineMs,
      () => `${hostId}: last report ${JSON.stringify(this.#reports.get(hostId), undefined, 1)}`,
    );
    return this.#reports.get(hostId) as Report;
  }

  /** Resolves when a condition holds; it is looked at after each message. */
  async untilTrue(holds: () => boolean, deadlineMs = 20_000, describe: () => string = () => 'the condition never held'): Promise<void> {
    const end = Date.now() + deadlineMs;
    while (!holds()) {
      const leftMs = end - Date.now();
      if (leftMs <= 0) throw new Error(`not within ${deadlineMs} ms: ${describe()}`);
      await new Promise<void>((resolve) => {
        const done = (): void => {
          clearTimeout(timer);
          this.#waiting.delete(done);
          resolve();
        };
        const timer = setTimeout(done, Math.min(leftMs, 200));
        this.#waiting.add(done);
      });
    }
  }

  /** Cuts every connection and stops listening: the server is gone. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#sockets.clients) client.terminate();
    this.#sockets.close();
    this.#http.closeAllConnections();
    await new Promise<void>((resolve) => this.#http.close(() => resolve()));
  }

  #live(hostId: string): Conversation | undefined {
    return this.conversations.findLast((one) => one.hostId === hostId);
  }

  #join(text: string): { status: number; body: unknown } {
    const request = JoinRequest.parse(JSON.parse(text));
    this.joins.push(request);
    const refusal = this.#options.refuseJoin?.(request);
    if (refusal !== undefined) return { status: refusal.status, body: { title: 'join refused', ...refusal } };
    return { status: 200, body: { clusterId: this.clusterId, hostId: request.name, credential: `credential-of-${request.name}` } };
  }

  #onConnection(socket: WebSocket, authorization: string): void {
    const hostId = /^Bearer ([^.]+)\./.exec(authorization)?.[1] ?? '';
    const heard: AgentMessage[] = [];
    const conversation: Conversation = { hostId, authorization, heard, send: (message) => socket.send(JSON.stringify(message)), sendRaw: (text) => socket.send(text), cut: () => socket.terminate() };
    this.conversations.push(conversation);
    socket.on('message', (data: Buffer) => {
      const message = AgentMessage.parse(JSON.parse(data.toString()));
      heard.push(message);
      if (message.type === 'hello') this.#onHello(conversation);
      if (message.type === 'report') {
        this.#reports.set(hostId, message.report);
        if (this.acks) conversation.send({ type: 'ack', seq: message.report.seq });
      }
      this.onMessage(hostId, message);
      for (const wake of this.#waiting) wake();
    });
  }

  #onHello(conversation: Conversation): void {
    const { heartbeatMs = 1_000, reportMs = 2_000, leaseMs = 5_000 } = this.#options;
    conversation.send({ type: 'welcome', clusterId: this.clusterId, heartbeatMs, reportMs, leaseMs });
    const assignment = this.#assignments.get(conversation.hostId);
    if (assignment !== undefined) conversation.send({ type: 'assignment', assignment });
  }
}
