import { isolateByTenant } from './tenant-isolation.js';

/** Conversations of one entry of the backlog, as many as a batch of messages has. */
const NOTED_TOGETHER = 1_000;

/**
 * What the search by parts reads. No foreign keys: they would lock a conversation for each text that is stored, and
 * conversations are never deleted.
 */
export const SEARCH_TABLES = `
  create table search_texts (
    tenant_id uuid not null,
    conversation_id uuid not null,
    -- Number, name, address and external id as src/search compares them, a line for each.
    text text not null,
    -- Hashes of the tenant and three characters of the text.
    trigrams integer[] not null,
    constraint search_texts_pk primary key (tenant_id, conversation_id)
  );
  -- The job that adds rows moves what is pending into the index: 2 MB at a time take 60 µs for each row, 512 kB 125 µs.
  -- A search reads what is pending, which takes up to 1 ms.
  create index search_texts_trigrams on search_texts using gin (trigrams) with (gin_pending_list_limit = 2048);
  comment on index search_texts_trigrams is 'search by part. The trigrams know the tenant; find_by_trigrams';

  -- Conversations that are new or whose customer changed, until a job has stored their texts.
  create table search_backlog (
    tenant_id uuid not null,
    id uuid not null,
    conversation_ids uuid[] not null,
    constraint search_backlog_pk primary key (tenant_id, id)
  );
  insert into search_backlog (tenant_id, id, conversation_ids)
  select n.tenant_id, (array_agg(n.id))[1], array_agg(n.id)
  from (
    select c.tenant_id, c.id, (row_number() over (partition by c.tenant_id order by c.id) - 1) / ${NOTED_TOGETHER} as part
    from conversations c) n
  group by n.tenant_id, n.part;

  ${isolateByTenant('search_texts', { application: 'select, insert, update', platformReads: true })}
  ${isolateByTenant('search_backlog', { application: 'select, insert, delete', platformReads: true })}`;

export const DROP_SEARCH_TABLES = `drop table search_texts, search_backlog;`;
