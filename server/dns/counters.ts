// What the responders did, counted since the start of this server.

export interface Counters {
  http: { queries: number; unknownNames: number; limited: number };
  dns: { queries: number; answered: number; refused: number; unknownNames: number; malformed: number; limited: number; truncated: number; tcpConnections: number };
}

export const openCounters = (): Counters => ({
  http: { queries: 0, unknownNames: 0, limited: 0 },
  dns: { queries: 0, answered: 0, refused: 0, unknownNames: 0, malformed: 0, limited: 0, truncated: 0, tcpConnections: 0 },
});
