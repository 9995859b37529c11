import { isolateByTenant } from './tenant-isolation.js';

/**
 * A lead is known by any number of keys: ids of other systems, numbers, addresses. A merged lead keeps its row, which
 * says where it went. Needs the function migrated_phone_key of thread-columns.ts.
 */
export const LEAD_KEYS = `
  alter table leads
    drop constraint leads_phone_e164,
    drop constraint leads_external_id_unique,
    -- What a customer gave as a number is kept even where it is none.
    add constraint leads_phone check (length(phone) between 1 and 255),
    alter column external_id drop not null,
    -- The form that all forms of the number share; null where the text is no number.
    add column phone_key text,
    add column merged_into_id uuid,
    -- Whether conversations of a merged lead are left to move.
    add column is_merging boolean not null default false,
    add constraint leads_merged_into_fk foreign key (tenant_id, merged_into_id) references leads (tenant_id, id),
    add constraint leads_merging_only_when_merged check (not is_merging or merged_into_id is not null);
  alter table leads alter column phone_key type text using migrated_phone_key(phone);
  drop index leads_phone;
  create index leads_phone on leads (tenant_id, phone_key, id) where phone_key is not null;
  comment on index leads_phone is 'leads by number';
  create unique index leads_kept on leads (tenant_id, id) where merged_into_id is null;
  comment on index leads_kept is 'GET /leads';
  create unique index leads_merging on leads (tenant_id, id) where is_merging;
  comment on index leads_merging is 'merges that are not finished';
  grant select on leads to inbox_platform;

  -- No foreign key: a message inserts the keys before their lead, so that messages about one new person wait for each
  -- other and create one lead (join_leads).
  create table lead_keys (
    tenant_id uuid not null,
    kind text not null,
    key text not null,
    lead_id uuid not null,
    -- The key comes first, or a look-up by lead and kind might read all keys of the kind.
    constraint lead_keys_pk primary key (tenant_id, key, kind),
    constraint lead_keys_kind check (kind in ('ID', 'PHONE', 'ADDRESS', 'THREAD'))
  );
  insert into lead_keys (tenant_id, kind, key, lead_id)
  select l.tenant_id, 'ID', l.external_id, l.id from leads l;
  insert into lead_keys (tenant_id, kind, key, lead_id)
  select distinct on (l.tenant_id, l.phone_key) l.tenant_id, 'PHONE', l.phone_key, l.id
  from leads l where l.phone_key is not null
  order by l.tenant_id, l.phone_key, l.id;
  -- A lead without a number of its own is known by the one that it wrote from first.
  insert into lead_keys (tenant_id, kind, key, lead_id)
  select distinct on (c.tenant_id, c.phone_key) c.tenant_id, 'PHONE', c.phone_key, c.lead_id
  from conversations c
  join leads l on l.tenant_id = c.tenant_id and l.id = c.lead_id and l.phone_key is null
  where c.phone_key is not null
  order by c.tenant_id, c.phone_key, c.id
  on conflict do nothing;
  create index lead_keys_of_lead on lead_keys (tenant_id, lead_id);
  comment on index lead_keys_of_lead is 'the external ids of a lead, merging it';
  ${isolateByTenant('lead_keys', { application: 'select, insert, update, delete' })}`;

/** Former versions need an external id: a lead without one gets its own id. Ids of merged leads are forgotten. */
export const WITHOUT_LEAD_KEYS = `
  drop table lead_keys;
  revoke select on leads from inbox_platform;
  drop index leads_phone, leads_kept, leads_merging;
  alter table leads drop constraint leads_merged_into_fk;
  delete from leads l
  where l.merged_into_id is not null
    and not exists (select 1 from conversations c where c.tenant_id = l.tenant_id and c.lead_id = l.id);
  update leads set external_id = id::text where external_id is null;
  alter table leads
    drop column phone_key, drop column merged_into_id, drop column is_merging,
    alter column external_id set not null,
    drop constraint leads_phone,
    add constraint leads_external_id_unique unique (tenant_id, external_id),
    add constraint leads_phone_e164 check (phone ~ '^\\+[1-9][0-9]{1,14}$');
  create index leads_phone on leads (tenant_id, phone, id) where phone is not null;
  comment on index leads_phone is 'leads by number'`;
