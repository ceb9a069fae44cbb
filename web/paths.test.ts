import { expect, test } from 'vitest';
import { paths } from './paths.ts';

test('every address of the console, so that a change of one is seen', () => {
  const all = {
    overview: paths.overview(),
    ask: paths.ask(),
    resize: paths.ask({ service: 'quote', environment: 'production' }),
    services: paths.services(),
    service: paths.service('quote'),
    serviceIn: paths.service('quote', { environment: 'gray' }),
    hosts: paths.hosts(),
    host: paths.host('bj-a-01'),
    quotas: paths.quotas(),
    requests: paths.requests(),
    request: paths.request('019'),
    plans: paths.plans(),
    plan: paths.plan('019'),
    events: paths.events(),
    eventsOf: paths.events({ subject: 'quote' }),
    policy: paths.policy(),
    simulate: paths.simulate(),
    simulated: paths.simulate({ changes: 'W10' }),
    defragment: paths.defragment(),
    proposals: paths.proposals(),
    proposal: paths.proposal('019'),
    networks: paths.networks(),
    account: paths.account(),
    people: paths.people(),
  };
  expect(all).toMatchInlineSnapshot(`
    {
      "account": "/account",
      "ask": "/ask",
      "defragment": "/defragment",
      "events": "/events",
      "eventsOf": "/events?subject=quote",
      "host": "/hosts/bj-a-01",
      "hosts": "/hosts",
      "networks": "/networks",
      "overview": "/",
      "people": "/people",
      "plan": "/plans/019",
      "plans": "/plans",
      "policy": "/policy",
      "proposal": "/proposals/019",
      "proposals": "/proposals",
      "quotas": "/quotas",
      "request": "/requests/019",
      "requests": "/requests",
      "resize": "/ask?service=quote&environment=production",
      "service": "/services/quote",
      "serviceIn": "/services/quote?environment=gray",
      "services": "/services",
      "simulate": "/simulate",
      "simulated": "/simulate?changes=W10",
    }
  `);
});

test('a name with signs stays one part of the path', () => {
  expect(paths.host('a/b?c')).toBe('/hosts/a%2Fb%3Fc');
});
