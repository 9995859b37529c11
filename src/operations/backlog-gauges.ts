import { Gauge, type Registry } from 'prom-client';
import type { BacklogRow, WaitingRow } from './read-backlog.js';

const BY_INBOX = ['tenant', 'inbox'] as const;
/** Of what is told together. */
const OTHER = { tenant: 'other', inbox: 'other' };

/** Which column of the backlog each of these shows. */
const SINGLE = [
  ['inbox_grace_periods', 'Conversations of absent operators.', 'grace_periods'],
  ['inbox_grace_periods_due', 'Those whose holder has stayed away too long.', 'grace_periods_due'],
  ['inbox_grace_lag_seconds', 'How long the first of those is due; 0 where none is.', 'grace_lag_seconds'],
  [
    'inbox_webhooks_behind',
    'Enabled webhooks with a delivery that is due, or something in the feed that they have not come to.',
    'webhooks_behind',
  ],
  ['inbox_webhooks_disabled', 'Webhooks that are switched off, by people or by a 410.', 'webhooks_disabled'],
  ['inbox_webhook_deliveries_due', 'Deliveries that are due, also for another try.', 'deliveries_due'],
  [
    'inbox_webhook_lag_seconds',
    'How long the first of those, or of the entries that webhooks have not come to, waits; 0 where none does.',
    'webhook_lag_seconds',
  ],
  [
    'inbox_feed_lag_seconds',
    'Age of the oldest entry that has no place in the feed yet, since nobody has read on; 0 where none is.',
    'feed_lag_seconds',
  ],
] as const satisfies readonly (readonly [name: string, help: string, column: keyof BacklogRow])[];

/** What waits to be done in the database, as it was measured last. */
export class BacklogGauges {
  private readonly up: Gauge;
  private readonly queued: Gauge<(typeof BY_INBOX)[number]>;
  private readonly wait: Gauge<(typeof BY_INBOX)[number]>;
  private readonly single: { gauge: Gauge; column: keyof BacklogRow }[];

  constructor(registry: Registry) {
    const registers = [registry];
    this.up = new Gauge({
      name: 'inbox_backlog_up',
      help: '1: the database was asked what waits to be done. 0: it could not be, and all that follows is missing.',
      registers,
    });
    this.queued = new Gauge({
      name: 'inbox_queue_conversations',
      help: 'Waiting conversations as far as the ledger is folded, of the inboxes with the longest waits; the rest together as "other".',
      labelNames: BY_INBOX,
      registers,
    });
    this.wait = new Gauge({
      name: 'inbox_queue_oldest_wait_seconds',
      help: 'The longest wait of these inboxes; inboxes where nobody waits are missing.',
      labelNames: BY_INBOX,
      registers,
    });
    this.single = SINGLE.map(([name, help, column]) => ({
      gauge: new Gauge({ name, help, registers }),
      column,
    }));
    this.hide();
  }

  show(backlog: BacklogRow, waiting: readonly WaitingRow[]): void {
    this.hide();
    this.up.set(1);
    for (const { gauge, column } of this.single) gauge.set(Number(backlog[column]));
    for (const { tenant_id, inbox_id, queued, wait_seconds } of waiting) {
      const labels = inbox_id === null ? OTHER : { tenant: tenant_id ?? '', inbox: inbox_id };
      this.queued.set(labels, Number(queued));
      this.wait.set(labels, wait_seconds);
    }
  }

  /** Numbers of before would look like those of now. */
  hide(): void {
    this.up.set(0);
    this.queued.reset();
    this.wait.reset();
    for (const { gauge } of this.single) gauge.remove();
  }
}
