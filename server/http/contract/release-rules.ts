// What surrounds releases: secrets, which go in and never come out; deploy locks and freezes, which keep a release from starting; webhooks,
// which hear of builds and rollouts.
import { Id, Instant, Name, Note, list, z } from './common.ts';

export const SecretView = z
  .object({ id: Id, name: z.string(), team: z.string(), service: z.string().nullable(), environment: z.string().nullable(), version: z.int(), createdBy: z.string(), createdAt: Instant, usedBy: z.array(z.string()).openapi({ description: 'releases that name this version' }) })
  .openapi('Secret');
export type SecretView = z.infer<typeof SecretView>;
export const Secrets = list(SecretView).openapi('Secrets');
export type Secrets = z.infer<typeof Secrets>;
/** With service and environment: of that workload; without: of the team, for builds. */
export const SecretAsk = z.strictObject({ team: Name, service: Name.optional(), environment: Name.optional(), name: Name, value: z.string().min(1).max(32_768) }).openapi('SecretAsk');
export type SecretAsk = z.output<typeof SecretAsk>;

export const DeployLock = z.object({ workloadId: Id, holder: z.string(), reason: z.string(), since: Instant, until: Instant.nullable() }).openapi('DeployLock');
export type DeployLock = z.infer<typeof DeployLock>;
export const DeployLockAsk = z.strictObject({ reason: Note.min(1, 'say why nobody may release'), minutes: z.int().min(1).max(10_080).optional() }).openapi('DeployLockAsk');
export type DeployLockAsk = z.output<typeof DeployLockAsk>;

const Clock = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time of day such as 09:15');
/** `open-10m`: minutes before or after the open or the close of a session. */
const Anchor = z.string().regex(/^(open|close)([+-]\d{1,3}m)?$/, 'must be such as open-10m or close+5m');
export const FreezeRule = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('session'), market: z.enum(['a-share', 'hong-kong', 'us']), from: Anchor, to: Anchor }),
  z.strictObject({ kind: z.literal('weekly'), timeZone: z.string().max(64), days: z.array(z.int().min(1).max(7)).min(1).max(7), from: Clock, to: Clock }),
  z.strictObject({ kind: z.literal('once'), from: Instant, to: Instant }),
]);
export const FreezeAsk = z.strictObject({ name: Name, environment: Name, rule: FreezeRule, reason: Note.default('') }).openapi('FreezeAsk');
export type FreezeAsk = z.output<typeof FreezeAsk>;
export const FreezeView = z
  .object({ id: Id, name: z.string(), environment: z.string(), rule: FreezeRule, reason: z.string(), createdBy: z.string(), createdAt: Instant, isActive: z.boolean(), next: z.object({ from: Instant, to: Instant }).nullable(), warning: z.string().nullable().openapi({ description: 'such as a year that the calendar does not know' }) })
  .openapi('Freeze');
export type FreezeView = z.infer<typeof FreezeView>;
export const Freezes = list(FreezeView).openapi('Freezes');
export type Freezes = z.infer<typeof Freezes>;

export const WebhookEvent = z.enum(['build.started', 'build.succeeded', 'build.failed', 'rollout.started', 'rollout.succeeded', 'rollout.failed', 'rollout.held']);
export const WebhookAsk = z
  .strictObject({
    name: Name,
    kind: z.enum(['event', 'commit-status']).default('event'),
    team: Name.optional(),
    url: z.url({ protocol: /^https?$/ }).max(1_000).openapi({ description: 'of a commit-status hook with {commit} in it' }),
    events: z.array(WebhookEvent).min(1).max(20),
    secret: z.string().min(1).max(4_096).optional().openapi({ description: 'event: key of the signature; commit-status: value of the Authorization header' }),
    isEnabled: z.boolean().default(true),
  })
  .openapi('WebhookAsk');
export type WebhookAsk = z.output<typeof WebhookAsk>;
export const WebhookEdit = z.strictObject({ isEnabled: z.boolean() }).openapi('WebhookEdit');
export const WebhookTested = z.object({ isHeard: z.boolean(), status: z.string().openapi({ description: 'the status it answered, or why it was not heard' }) }).openapi('WebhookTested');
export type WebhookTested = z.infer<typeof WebhookTested>;
export const WebhookDelivery = z.object({ id: Id, event: z.string(), createdAt: Instant, attempts: z.int(), outcome: z.enum(['delivered', 'given-up']).nullable(), lastStatus: z.string().nullable(), nextAt: Instant.nullable() }).openapi('WebhookDelivery');
export const WebhookView = z
  .object({ id: Id, name: z.string(), kind: z.enum(['event', 'commit-status']), team: z.string().nullable(), url: z.string(), events: z.array(z.string()), hasSecret: z.boolean(), isEnabled: z.boolean(), createdBy: z.string(), createdAt: Instant, deliveries: z.array(WebhookDelivery).openapi({ description: 'the last ten' }) })
  .openapi('Webhook');
export type WebhookView = z.infer<typeof WebhookView>;
export const Webhooks = list(WebhookView).openapi('Webhooks');
export type Webhooks = z.infer<typeof Webhooks>;
