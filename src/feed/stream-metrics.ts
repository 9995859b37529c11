import { Counter, Gauge } from 'prom-client';
import { ENDINGS } from './event-stream.js';

export const OPEN_STREAMS = new Gauge({
  name: 'inbox_event_streams',
  help: 'Open event streams.',
});

export const ENDED_STREAMS = new Counter({
  name: 'inbox_event_streams_ended_total',
  help: 'Ended streams by reason: reader left, lifetime over, rights lost, entries removed, too slow, or service stops.',
  labelNames: ['ending'],
});

const LIMITS = ['principal', 'tenant', 'instance'] as const;
export type StreamLimit = (typeof LIMITS)[number];

export const REFUSED_STREAMS = new Counter({
  name: 'inbox_event_streams_refused_total',
  help: 'Refused streams by the limit that was reached: principal, tenant, or instance. The log names the tenant.',
  labelNames: ['limit'],
});

// Prometheus computes a rate only from the second sample, so every counter starts at 0.
for (const ending of ENDINGS) ENDED_STREAMS.inc({ ending }, 0);
for (const limit of LIMITS) REFUSED_STREAMS.inc({ limit }, 0);
