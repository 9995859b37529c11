import { Counter, Gauge } from 'prom-client';
import { ENDINGS } from './event-stream.js';

export const OPEN_STREAMS = new Gauge({
  name: 'inbox_event_streams',
  help: 'Open event streams.',
});

export const ENDED_STREAMS = new Counter({
  name: 'inbox_event_streams_ended_total',
  help: 'Ended streams by reason: reader left, lifetime over, rights lost, too slow, or service stops.',
  labelNames: ['ending'],
});
// Prometheus computes a rate only from the second sample, so every counter starts at 0.
for (const ending of ENDINGS) ENDED_STREAMS.inc({ ending }, 0);
