import type { MigrationInterface, QueryRunner } from 'typeorm';
import { LEAD_KEYS, WITHOUT_LEAD_KEYS } from './support/lead-keys.js';
import { DROP_SEARCH_TABLES, SEARCH_TABLES } from './support/search-tables.js';
import { isolateByTenant } from './support/tenant-isolation.js';
import { COLUMNS_OF_ROWS, DROP_FUNCTIONS, ORIGIN_OF_MESSAGES } from './support/thread-columns.js';

/** Tables whose rows are read and changed here. Their owner may not see them while row-level security is forced. */
const READ = ['tenants', 'conversations', 'conversation_events', 'processed_messages', 'leads'];

/**
 * A number in E.164, with an extension where there is one (RFC 3966), or a short code. It is written once more in
 * src/customers, where numbers are read.
 */
const NUMBER = `'^(\\+[1-9][0-9]{1,14}|[0-9]{3,8})(;ext=[0-9]{1,20})?$'`;

/**
 * A thread is known by the inbox it came in by. A customer needs no number. The order of the queue counts the messages
 * since the customer began to wait, unless a tenant chose TOTAL.
 *
 * `down` refuses while there is what former versions cannot keep: one external id in two inboxes, a customer without a
 * number, or a lead whose phone is no number.
 */
export class ThreadsAndCustomers1795600011000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await unforced(runner, async () => {
      await runner.query(`
        alter type priority_settings add attribute count_basis text;
        alter type conversation_response
          add attribute origin_inbox_id uuid,
          add attribute inbox_name text,
          add attribute assigned_operator_name text,
          add attribute customer_address text,
          add attribute subject text,
          add attribute waiting_message_count integer,
          add attribute last_operator_id uuid,
          add attribute last_operator_name text;

        alter table tenants
          add column count_basis text not null default 'WAITING',
          add constraint tenants_count_basis check (count_basis in ('WAITING', 'TOTAL')),
          -- No foreign key, because inboxes refer to tenants already. Inboxes are never deleted.
          add column default_inbox_id uuid;

        alter table inboxes drop constraint inboxes_phone_number_e164;
        alter table inboxes add constraint inboxes_phone_number check (phone_number ~ ${NUMBER});

        alter table conversations
          -- The inbox that messages of the thread name. A move changes inbox_id only.
          add column origin_inbox_id uuid,
          -- What the numbers of one person have in common: search and the joining of leads use it.
          add column phone_key text,
          add column customer_address text,
          add column subject text,
          -- The messages since waiting_since. It stays when the conversation is resolved, as waiting_since does.
          add column waiting_message_count integer not null default 0,
          -- Who held it when it was resolved.
          add column last_operator_id uuid;
        -- The next statement builds every index anew.
        drop index conversations_external_id_unique, conversations_customer, conversations_queue_counts;
        alter table conversations drop constraint conversations_phone_number_e164,
          alter column customer_phone_number drop not null`);
      await runner.query(COLUMNS_OF_ROWS);
      await runner.query(`
        alter table conversations
          alter column origin_inbox_id set not null,
          add constraint conversations_phone_number check (customer_phone_number ~ ${NUMBER}),
          add constraint conversations_customer_address check (length(customer_address) between 1 and 512),
          add constraint conversations_subject check (length(subject) between 1 and 255),
          add constraint conversations_waiting_message_count check (waiting_message_count >= 0),
          add constraint conversations_last_operator_only_when_resolved
            check (last_operator_id is null or state = 'RESOLVED');

        -- The external id comes before the inbox, for GET /conversations?externalConversationId.
        create unique index conversations_thread on conversations (tenant_id, external_conversation_id, origin_inbox_id)
          where external_conversation_id is not null;
        create index conversations_customer on conversations (tenant_id, phone_key, last_message_at, id)
          where phone_key is not null;
        create index conversations_queue_counts on conversations
          (tenant_id, inbox_id, waiting_message_count desc, basis_at, id)
          where basis_at is not null and waiting_message_count > -1;
        create index conversations_last_operator on conversations (tenant_id, last_operator_id, last_message_at, id)
          where last_operator_id is not null;
        comment on index conversations_thread is 'one conversation for each thread; a message, GET /conversations?externalConversationId';
        comment on index conversations_customer is 'search by number, leads by number';
        comment on index conversations_queue_counts is 'allocate while a change of the weights rewrites the keys: the longest waiting of each count. Statements say waiting_message_count > -1';
        comment on index conversations_last_operator is 'GET /conversations?lastOperatorId';

        -- The keys of numbers that customers had before, so that an old number still finds the conversation.
        create table former_phone_keys (
          tenant_id uuid not null,
          phone_key text not null,
          conversation_id uuid not null,
          replaced_at timestamptz not null default now(),
          constraint former_phone_keys_pk primary key (tenant_id, phone_key, conversation_id),
          constraint former_phone_keys_conversation_fk foreign key (tenant_id, conversation_id)
            references conversations (tenant_id, id)
        );
        ${isolateByTenant('former_phone_keys', { application: 'select, insert, delete' })}

        -- Nobody knows who created the labels that were there before.
        alter table labels add column created_by uuid,
          add constraint labels_created_by_fk foreign key (tenant_id, created_by) references operators (tenant_id, id);
        ${SEARCH_TABLES}`);
      await runner.query(ORIGIN_OF_MESSAGES);
      await runner.query(LEAD_KEYS);
      await runner.query(RANK_AGAIN);
      await runner.query(DROP_FUNCTIONS);
    });
  }

  async down(runner: QueryRunner): Promise<void> {
    await unforced(runner, async () => {
      await runner.query(WITHOUT_LEAD_KEYS);
      await runner.query(`
        drop table former_phone_keys;
        alter table labels drop column created_by;
        ${DROP_SEARCH_TABLES}
        alter table processed_messages drop constraint processed_messages_pk;
        alter table processed_messages drop column origin_inbox_id;
        alter table processed_messages
          add constraint processed_messages_pk primary key (tenant_id, external_conversation_id, message_id);
        alter table conversations
          drop column origin_inbox_id, drop column phone_key, drop column customer_address, drop column subject,
          drop column waiting_message_count, drop column last_operator_id,
          drop constraint conversations_phone_number,
          add constraint conversations_phone_number_e164 check (customer_phone_number ~ '^\\+[1-9][0-9]{1,14}$'),
          alter column customer_phone_number set not null;
        create unique index conversations_external_id_unique on conversations (tenant_id, external_conversation_id)
          where external_conversation_id is not null;
        create index conversations_queue_counts on conversations (tenant_id, inbox_id, message_count desc, basis_at, id)
          where basis_at is not null and message_count > 0;
        create index conversations_customer on conversations (tenant_id, customer_phone_number, last_message_at, id)
          where customer_phone_number <> '';
        comment on index conversations_external_id_unique is 'one conversation for each thread; a message, GET /conversations?externalConversationId';
        comment on index conversations_customer is 'search by number, leads by number. Statements say customer_phone_number <> empty';
        comment on index conversations_queue_counts is 'allocate while a change of the weights rewrites the keys: the longest waiting of each count';
        alter table inboxes drop constraint inboxes_phone_number;
        alter table inboxes add constraint inboxes_phone_number_e164 check (phone_number ~ '^\\+[1-9][0-9]{1,14}$');
        -- The keys count the messages since the customer began to wait, the former version counts all.
        update tenants set reranked_up_to = '00000000-0000-0000-0000-000000000000',
          delay_basis_changes = delay_basis_changes and reranked_up_to is not null;
        alter table tenants drop column default_inbox_id, drop column count_basis;
        alter type conversation_response
          drop attribute origin_inbox_id, drop attribute inbox_name, drop attribute assigned_operator_name,
          drop attribute customer_address, drop attribute subject, drop attribute waiting_message_count,
          drop attribute last_operator_id, drop attribute last_operator_name;
        alter type priority_settings drop attribute count_basis`);
    });
  }
}

/** The stored keys of these tenants count all messages. A job rewrites them; until then nobody reads them. */
const RANK_AGAIN = `
  update tenants t
  set reranked_up_to = '00000000-0000-0000-0000-000000000000',
    delay_basis_changes = t.delay_basis_changes and t.reranked_up_to is not null
  where t.id in (
    select c.tenant_id from conversations c
    where c.state = 'QUEUED' and c.waiting_message_count <> c.message_count)`;

async function unforced(runner: QueryRunner, work: () => Promise<unknown>): Promise<void> {
  for (const table of READ) await runner.query(`alter table ${table} no force row level security`);
  await work();
  for (const table of READ) await runner.query(`alter table ${table} force row level security`);
}
