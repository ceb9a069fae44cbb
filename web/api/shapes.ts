// What may be left out of a body, and answers that the contract describes without a name. Types only: nothing of the server is bundled.
import type { FreezeAsk, HostEdit, JoinTokenDraft, NetworkDraft, RolloutView, TokenDraft, WebhookAsk } from '#server/http/contract/index.ts';

type In<S extends { _zod: { input: unknown } }> = S['_zod']['input'];

export type JoinTokenAsk = In<typeof JoinTokenDraft>;
export type NetworkAsk = In<typeof NetworkDraft>;
export type TokenAsk = In<typeof TokenDraft>;
export type HostChange = In<typeof HostEdit>;
export type FreezeDraft = In<typeof FreezeAsk>;
export type WebhookDraft = In<typeof WebhookAsk>;
export type RolloutVerb = RolloutView['may'][number]['verb'];
export type RolloutPhase = RolloutView['phase'];
