// What the server and a provisioner's hook say to each other: one JSON object on standard input, one on standard output, version 1. The README
// of this folder is the operator's side of it. Everything that a hook says is checked here; unknown fields are ignored.
import { z } from 'zod';

export const HOOK_VERSION = 1;

const Common = z.object({ version: z.literal(HOOK_VERSION), cluster: z.string(), mark: z.string() });
const OfVm = Common.extend({ requestId: z.string(), name: z.string(), pool: z.string(), site: z.string(), options: z.record(z.string(), z.string()) });
const OfMachine = OfVm.extend({ providerId: z.string().nullable(), address: z.string().nullable(), containerCidr: z.string() });

/** `create` and `destroy` may be said again with the same request: there is one machine for it at most. `mark` is a tag to put on all of it. */
export const HookAsk = z.discriminatedUnion('action', [
  OfVm.extend({
    action: z.literal('create'),
    shape: z.object({ cpuMilli: z.int(), memoryMib: z.int() }),
    containerCidr: z.string(),
    /**
     * For the machine's first start: `env` is the whole environment of `firn agent join`, the server's fingerprint with it where it speaks TLS. It is handed on
     * as it is, so that nothing of it is forgotten. The token is a secret and works once.
     */
    join: z.object({ env: z.record(z.string(), z.string()), server: z.string(), token: z.string(), expiresAt: z.iso.datetime(), caSha256: z.string().optional() }),
  }),
  OfMachine.extend({ action: z.literal('describe') }),
  OfMachine.extend({ action: z.literal('destroy') }),
  OfMachine.extend({ action: z.literal('route-add') }),
  OfMachine.extend({ action: z.literal('route-remove') }),
  Common.extend({ action: z.literal('list') }),
]);
export type HookAsk = z.infer<typeof HookAsk>;
export type HookAction = HookAsk['action'];

const Machine = z.object({
  state: z.enum(['pending', 'running', 'stopping', 'failed']),
  providerId: z.string().min(1).max(200),
  address: z.ipv4().nullable().default(null),
  cpuMilli: z.int().min(1).optional(),
  memoryMib: z.int().min(1).optional(),
  /** Since when the provider counts money. */
  billedFrom: z.iso.datetime({ offset: true }).optional(),
});
export type HookMachine = z.infer<typeof Machine>;
const Listed = Machine.extend({ requestId: z.string().max(200).nullable().default(null), name: z.string().max(200).default('') });
export type HookListed = z.infer<typeof Listed>;

const Refused = z.object({ version: z.literal(HOOK_VERSION), ok: z.literal(false), error: z.string().min(1).max(2_000), retry: z.boolean().default(true) });
/** `machine` null: there is none for this request. `retry` false: asking again cannot help (no quota, no such type). */
export const HookAnswer = {
  machine: z.discriminatedUnion('ok', [z.object({ version: z.literal(HOOK_VERSION), ok: z.literal(true), machine: Machine.nullable() }), Refused]),
  route: z.discriminatedUnion('ok', [z.object({ version: z.literal(HOOK_VERSION), ok: z.literal(true) }), Refused]),
  list: z.discriminatedUnion('ok', [z.object({ version: z.literal(HOOK_VERSION), ok: z.literal(true), machines: z.array(Listed).max(10_000) }), Refused]),
} as const;
