import { Counter, Gauge } from 'prom-client';
import { ENDINGS } from './event-stream.js';

export const OPEN_STREAMS = new Gauge({
  name: 'inbox_event_streams',
  help: 'Streams of events that are open.',
});

export const ENDED_STREAMS = new Counter({
  name: 'inbox_event_streams_ended_total',
  help: 'Streams that ended, by why: reader left, lifetime over, rights lost, too slow, or service stops.',
  labelNames: ['ending'],
});
// A rate needs to see the first one come.
for (const ending of ENDINGS) ENDED_STREAMS.inc({ ending }, 0);
