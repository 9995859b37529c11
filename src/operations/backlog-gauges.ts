import { Gauge, type Registry } from 'prom-client';
import { SECRET_STATES, type SecretKeys } from '../secrets/secret-keys.js';
import type { Backlog, BacklogRow, DeadlinesRow } from './read-backlog.js';

const BY_INBOX = ['tenant', 'inbox'] as const;
const NAMES = [...BY_INBOX, 'tenant_name', 'inbox_name'] as const;
/** The labels of the sum over all other inboxes. */
const OTHER = { tenant: 'other', inbox: 'other' };

/** The column of the backlog that each gauge shows. */
const SINGLE = [
  [
    'inbox_webhooks_behind',
    'Enabled webhooks with a due delivery or unread feed entries.',
    'webhooks_behind',
  ],
  [
    'inbox_webhooks_disabled',
    'Webhooks that are disabled, by a person or after a response of 410.',
    'webhooks_disabled',
  ],
  ['inbox_webhook_deliveries_due', 'Deliveries that are due, including retries.', 'deliveries_due'],
  [
    'inbox_webhook_lag_seconds',
    'Age of the oldest due delivery or unread feed entry of a webhook; 0 without one.',
    'webhook_lag_seconds',
  ],
  [
    'inbox_feed_lag_seconds',
    'Age of the oldest ledger entry without a feed position; 0 without one. Entries get a position when the feed is read.',
    'feed_lag_seconds',
  ],
] as const satisfies readonly (readonly [name: string, help: string, column: keyof BacklogRow])[];

/** The column of the deadlines of a kind that each gauge shows. */
const BY_KIND = [
  ['inbox_deadlines', 'Deadlines by kind, running and due.', 'deadlines'],
  ['inbox_deadlines_due', 'Deadlines that are due, by kind.', 'due'],
  [
    'inbox_deadline_lag_seconds',
    'Seconds since the oldest due deadline of a kind became due; 0 without one.',
    'lag_seconds',
  ],
] as const satisfies readonly (readonly [name: string, help: string, column: keyof DeadlinesRow])[];

/** The backlog of the database as of the last measurement. */
export class BacklogGauges {
  private readonly up: Gauge;
  private readonly queued: Gauge<(typeof BY_INBOX)[number]>;
  private readonly wait: Gauge<(typeof BY_INBOX)[number]>;
  private readonly names: Gauge<(typeof NAMES)[number]>;
  private readonly secrets: Gauge<'state'>;
  private readonly graceLag: Gauge;
  private readonly byKind: { gauge: Gauge<'kind'>; column: keyof DeadlinesRow }[];
  private readonly single: { gauge: Gauge; column: keyof BacklogRow }[];

  constructor(
    registry: Registry,
    private readonly keys: SecretKeys,
  ) {
    const registers = [registry];
    this.up = new Gauge({
      name: 'inbox_backlog_up',
      help: '1: the backlog was measured. 0: the database did not respond, and the metrics of the backlog are missing.',
      registers,
    });
    this.queued = new Gauge({
      name: 'inbox_queue_conversations',
      help: 'Waiting conversations of the inboxes with the longest waits, as of the last fold; other inboxes together as "other".',
      labelNames: BY_INBOX,
      registers,
    });
    this.wait = new Gauge({
      name: 'inbox_queue_oldest_wait_seconds',
      help: 'The longest wait in these inboxes; inboxes without waiting conversations are missing.',
      labelNames: BY_INBOX,
      registers,
    });
    this.names = new Gauge({
      name: 'inbox_info',
      help: 'Always 1. The names of the inboxes in inbox_queue_conversations and of their tenants, to join on the ids.',
      labelNames: NAMES,
      registers,
    });
    this.secrets = new Gauge({
      name: 'inbox_secrets',
      help: 'Secrets in the database: in clear, sealed with the current key, with a former one, or with an unknown one, which nobody can read.',
      labelNames: ['state'],
      registers,
    });
    this.graceLag = new Gauge({
      name: 'inbox_grace_lag_seconds',
      help: 'Seconds since the oldest due grace period became due; 0 without one. The lag of the kind GRACE, for alerts.',
      registers,
    });
    this.byKind = BY_KIND.map(([name, help, column]) => ({
      gauge: new Gauge({ name, help, labelNames: ['kind'], registers }),
      column,
    }));
    this.single = SINGLE.map(([name, help, column]) => ({
      gauge: new Gauge({ name, help, registers }),
      column,
    }));
    this.hide();
  }

  show({ backlog, deadlines, secrets, waiting, names }: Backlog): void {
    this.hide();
    this.up.set(1);
    for (const state of SECRET_STATES) this.secrets.set({ state }, 0);
    for (const { key_id, secrets: count } of secrets)
      this.secrets.inc({ state: this.keys.stateOf(key_id) }, Number(count));
    for (const { gauge, column } of this.single) gauge.set(Number(backlog[column]));
    for (const row of deadlines) {
      for (const { gauge, column } of this.byKind) gauge.set({ kind: row.kind }, Number(row[column]));
      if (row.kind === 'GRACE') this.graceLag.set(row.lag_seconds);
    }
    for (const { tenant_id, inbox_id, queued, wait_seconds } of waiting) {
      const labels = inbox_id === null ? OTHER : { tenant: tenant_id ?? '', inbox: inbox_id };
      this.queued.set(labels, Number(queued));
      this.wait.set(labels, wait_seconds);
      if (inbox_id === null) this.names.set({ ...OTHER, tenant_name: 'other', inbox_name: 'other' }, 1);
    }
    for (const { tenant_id, inbox_id, tenant_name, inbox_name } of names)
      this.names.set({ tenant: tenant_id, inbox: inbox_id, tenant_name, inbox_name }, 1);
  }

  /** Old numbers would look like current ones. */
  hide(): void {
    this.up.set(0);
    this.queued.reset();
    this.wait.reset();
    this.names.reset();
    this.secrets.reset();
    this.graceLag.remove();
    for (const { gauge } of this.byKind) gauge.reset();
    for (const { gauge } of this.single) gauge.remove();
  }
}
