// `firn request`: asking for capacity, seeing the answer first, and deciding about what others asked for.
import { randomUUID } from 'node:crypto';
import { Command, Option, type CommandUnknownOpts } from '@commander-js/extra-typings';
import type { CapacityRequest, Quote, ServiceDetail } from '../../http/contract/index.ts';
import { age, coreCount, counted, memory, parseDurationMs } from '../amounts.ts';
import { fieldLines, path, RefusedError, type Client } from '../client.ts';
import { draftOfDocument, draftOfFlags, draftOfLast, FLAG_OF, mergeDrafts, withDraftOptions, type DraftOptions, type PartialDraft } from '../draft.ts';
import { CliError, EXIT } from '../exit.ts';
import { follow } from '../follow.ts';
import { examples, readDocument, type Begin, type Invocation } from '../invocation.ts';
import { fields, printList, printOne, table, type Column } from '../output.ts';
import { quoteText } from '../quote-text.ts';
import { REPLICA_COLUMNS } from './replica-table.ts';

const STATES = ['waiting', 'approved', 'denied', 'withdrawn', 'superseded'] as const;

/** File, flags over it; where neither says what a request costs, the rest is what the workload asked for last. */
async function readDraft(invocation: Invocation, options: DraftOptions): Promise<PartialDraft> {
  const file = options.file === undefined ? {} : draftOfDocument(await readDocument(invocation, options.file), options.file);
  const said = mergeDrafts(file, draftOfFlags(options));
  if (options.file !== undefined || said.profile?.cpuMsPerRequest !== undefined || said.service === undefined || said.environment === undefined) return said;
  const last = await lastDraft(invocation.client(), said.service, said.environment);
  if (last === null) return said;
  invocation.io.err(`Everything else as ${said.service} asked for last in ${said.environment}.\n`);
  return mergeDrafts(last, said);
}

async function lastDraft(client: Client, service: string, environment: string): Promise<PartialDraft | null> {
  try {
    const { workloads } = await client.get<ServiceDetail>(path('services', service));
    const workload = workloads.find((each) => each.environment === environment);
    return workload === undefined ? null : draftOfLast((await client.get<CapacityRequest>(path('requests', workload.requestId))).draft);
  } catch (error) {
    if (error instanceof RefusedError && error.problem.status === 404) return null;
    throw error;
  }
}

/** Sends a draft; a refusal names the flag beside the field. */
async function sendDraft<T>(client: Client, target: string, draft: PartialDraft, headers?: Readonly<Record<string, string>>): Promise<T> {
  try {
    return await client.send<T>('POST', target, draft, headers);
  } catch (error) {
    if (!(error instanceof RefusedError) || (error.problem.errors ?? []).length === 0) throw error;
    const details = fieldLines(error.problem, (field) => FLAG_OF[field] ?? FLAG_OF[field.replace(/[.[].*$/, '')]);
    throw new CliError(error.problem.title, EXIT.error, details);
  }
}

const titleOf = (draft: Partial<Pick<CapacityRequest['draft'], 'team' | 'service' | 'environment' | 'peakQps'>>): string => `${draft.service ?? '?'}.${draft.environment ?? '?'}: ${draft.peakQps ?? '?'} QPS for team ${draft.team ?? '?'}`;

const quote = (begin: Begin) =>
  withDraftOptions(new Command('quote'))
    .description('The answer before anything is submitted: how many replicas and why, where they would go, quota and money.')
    .addHelpText(
      'after',
      examples(
        'request quote --team quotes --service quote -e production --qps 400 --cpu-per-request 20 --memory-base 300Mi --memory-per-qps 512Ki --survive host --image firn/demo:1',
        'request quote -f quote.yaml --qps 800',
        'request quote --service quote -e production --qps 800    # the rest as it was asked for last',
      ),
    )
    .action(async (options, self) => {
      const invocation = begin(self);
      const draft = await readDraft(invocation, options);
      const body = await sendDraft<Quote>(invocation.client(), '/requests/quote', draft);
      await printOne(invocation.io, invocation.printing, body, String(body.sizing.replicas), () => quoteText(body, titleOf(draft), invocation.io.color.out));
    });

const submit = (begin: Begin) =>
  withDraftOptions(new Command('submit'))
    .description('Asks for the capacity and waits until it runs. Exit code 2: it was taken, and not all of it runs.')
    .option('--detach', 'do not wait')
    .option('--timeout <duration>', 'how long to wait', parseDurationMs, 300_000)
    .option('--idempotency-key <key>', 'the same key again gives the same request; for scripts that try again')
    .addHelpText('after', examples('request submit -f quote.yaml', 'request submit --service quote -e production --qps 800 --why "earnings season"', 'request submit -f quote.yaml --detach -o name'))
    .action(async (options, self) => {
      const invocation = begin(self);
      const draft = await readDraft(invocation, options);
      const request = await sendDraft<CapacityRequest>(invocation.client(), '/requests', draft, { 'idempotency-key': options.idempotencyKey ?? randomUUID() });
      await afterSubmit(invocation, request, options.detach === true ? null : options.timeout);
    });

/** Says what became of it, and waits for it unless `timeoutMs` is null. */
async function afterSubmit(invocation: Invocation, request: CapacityRequest, timeoutMs: number | null): Promise<void> {
  const { io, printing, client, endWith } = invocation;
  const { sizing, warnings } = request.quote;
  for (const { message } of warnings) io.err(`warning: ${message}\n`);
  if (request.state !== 'approved') {
    io.err(`Request ${request.id} waits for an SRE: it is over the quota of ${request.draft.team} in ${request.draft.environment}.\n`);
    await printOne(io, printing, request, request.id, () => requestText(request, io.now()));
    if (timeoutMs !== null) endWith(EXIT.pending);
    return;
  }
  io.err(`Request ${request.id} is approved: ${counted(sizing.replicas, 'replica')} of ${coreCount(sizing.shape.cpuMilli)} and ${memory(sizing.shape.memoryMib)}.\n`);
  if (timeoutMs === null) return printOne(io, printing, request, request.id, () => requestText(request, io.now()));
  const { service, workload } = await follow(io, client(), request, timeoutMs);
  io.err(`${workload.name} runs: ${workload.running} of ${workload.wanted}.\n`);
  const replicas = service.replicas.filter(({ workloadId }) => workloadId === workload.id);
  await printOne(io, printing, request, request.id, () => table(replicas, REPLICA_COLUMNS, printing.headers));
}

const columns = (now: number): readonly Column<CapacityRequest>[] => [
  { title: 'ID', value: ({ id }) => id },
  { title: 'STATE', value: ({ state }) => state },
  { title: 'WORKLOAD', value: ({ draft }) => `${draft.service}.${draft.environment}` },
  { title: 'TEAM', value: ({ draft }) => draft.team },
  { title: 'QPS', value: ({ draft }) => draft.peakQps, align: 'right' },
  { title: 'REPLICAS', value: ({ quote: { sizing } }) => sizing.replicas, align: 'right' },
  { title: 'BY', value: ({ submittedBy }) => submittedBy },
  { title: 'AGE', value: ({ submittedAt }) => age(now - Date.parse(submittedAt)), align: 'right' },
  { title: 'WHY', value: ({ draft }) => draft.why },
];

const list = (begin: Begin) =>
  new Command('list')
    .description('Requests, newest first.')
    .addOption(new Option('--state <state>', 'only in this state').choices(STATES))
    .option('--team <team>', 'only of this team')
    .addHelpText('after', examples('request list', 'request list --state waiting', 'request list -o name'))
    .action(async ({ state, team }, self) => {
      const { io, printing, client } = begin(self);
      const body = await client().get<{ items: CapacityRequest[] }>('/requests', { state, team });
      await printList(io, printing, { body, rows: body.items, name: ({ id }) => id, columns: columns(io.now()), empty: state === undefined ? 'Nothing was asked for yet: firn request submit --help' : `No request is ${state}.` });
    });

const show = (begin: Begin) =>
  new Command('show')
    .description('One request, with its quote as it was when submitted.')
    .argument('<id>')
    .addHelpText('after', examples('request show 01a1f1a0-…'))
    .action(async (id, _options, self) => {
      const { io, printing, client } = begin(self);
      const request = await client().get<CapacityRequest>(path('requests', id));
      await printOne(io, printing, request, request.id, () => `${requestText(request, io.now())}\n${quoteText(request.quote, titleOf(request.draft), io.color.out)}`);
    });

function requestText(request: CapacityRequest, now: number): string {
  const ago = (at: string) => `${age(now - Date.parse(at))} ago`;
  return fields([
    ['request', request.id],
    ['state', request.state],
    ['asked', `${titleOf(request.draft)}: ${counted(request.quote.sizing.replicas, 'replica')}`],
    ['by', `${request.submittedBy}, ${ago(request.submittedAt)}${request.draft.why === '' ? '' : `: ${request.draft.why}`}`],
    ...(request.decidedAt === null ? [] : ([['decided', `by ${request.decidedBy ?? '?'}, ${ago(request.decidedAt)}${request.decisionReason === null || request.decisionReason === '' ? '' : `: ${request.decisionReason}`}`]] as [string, string][])),
  ]);
}

/** `approve`, `deny` and `withdraw` are the same call with other words. */
async function decide(begin: Begin, self: CommandUnknownOpts, id: string, verb: 'approve' | 'deny' | 'withdraw', reason: string | undefined): Promise<void> {
  const { io, printing, client } = begin(self);
  const request = await client().send<CapacityRequest>('POST', path('requests', id, verb), reason === undefined ? (verb === 'withdraw' ? undefined : {}) : { reason });
  await printOne(io, printing, request, request.id, () => requestText(request, io.now()));
}

const approve = (begin: Begin) =>
  new Command('approve')
    .description('Approves a waiting request, over quota or not.')
    .argument('<id>')
    .option('--why <reason>', 'for the history')
    .addHelpText('after', examples('request approve 01a1f1a0-… --why "agreed with the desk"'))
    .action((id, { why }, self) => decide(begin, self, id, 'approve', why));

const deny = (begin: Begin) =>
  new Command('deny')
    .description('Denies a waiting request.')
    .argument('<id>')
    .requiredOption('--why <reason>', 'for the team that asked')
    .addHelpText('after', examples('request deny 01a1f1a0-… --why "the load test showed half of this"'))
    .action((id, { why }, self) => decide(begin, self, id, 'deny', why));

const withdraw = (begin: Begin) =>
  new Command('withdraw')
    .description('Takes a waiting request back.')
    .argument('<id>')
    .addHelpText('after', examples('request withdraw 01a1f1a0-…'))
    .action((id, _options, self) => decide(begin, self, id, 'withdraw', undefined));

export const command = (begin: Begin) => {
  const request = new Command('request').description('Ask for capacity, and decide about what others asked for.');
  for (const verb of [quote, submit, list, show, approve, deny, withdraw]) request.addCommand(verb(begin) as CommandUnknownOpts);
  return request;
};
