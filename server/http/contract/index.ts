// The public API in one import: schemas for the server, types for the console and the command line.
export * from './accounts.ts';
export * from './addresses.ts';
export * from './autoscale.ts';
export * from './burst.ts';
export * from './common.ts';
export * from './fleet.ts';
export * from './metrics.ts';
export * from './plans.ts';
export * from './release-rules.ts';
export * from './releases.ts';
export * from './requests.ts';
export * from './questions.ts';
export * from './drill.ts';
export * from './market.ts';
export * from './sites.ts';
export * from './logs.ts';
export * from './shell.ts';
