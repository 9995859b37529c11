import { Counter } from 'prom-client';

const KEPT = ['whole', 'too_large', 'tenant_limit'] as const;

const RESPONSES = new Counter({
  name: 'inbox_idempotency_responses_total',
  help: 'Stored responses to requests with a key: whole, or only the status, because too_large or over the tenant_limit.',
  labelNames: ['kept'],
});

for (const kept of KEPT) RESPONSES.inc({ kept }, 0);

export function countResponse(kept: (typeof KEPT)[number]): void {
  RESPONSES.inc({ kept });
}
