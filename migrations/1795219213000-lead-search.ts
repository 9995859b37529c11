import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Leads are found by phone number and e-mail address, and listed for an OPERATOR without reading all of them. */
export class LeadSearch1795219213000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- An index over lower(email) would lie idle: under row-level security only leakproof functions reach an index,
      -- and lower is none. A column compared with = is.
      alter table leads add column email_lower text generated always as (lower(email)) stored;

      -- With the id last, a page comes in order from the index, however many leads share an info@ address.
      create index leads_email on leads (tenant_id, email_lower, id) where email_lower is not null;
      create index leads_phone on leads (tenant_id, phone, id) where phone is not null;
      -- The leads behind the conversations of an inbox, newest first: what an OPERATOR sees.
      create index conversations_inbox_leads on conversations (tenant_id, inbox_id, lead_id) where lead_id is not null;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop index conversations_inbox_leads;
      drop index leads_email;
      drop index leads_phone;
      alter table leads drop column email_lower;
    `);
  }
}
