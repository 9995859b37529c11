import { Inject, Injectable } from '@nestjs/common';
import { ENVIRONMENT } from '../config/environment-token.js';
import type { Environment } from '../config/environment.js';
import type { Transaction } from '../database/database.js';
import { rowsOf, sql } from '../database/statement.js';
import { ScheduledJob, type TenantJob } from '../scheduling/job.js';
import { searchableText, type Searchable } from './searchable-text.js';
import { trigramsOf } from './trigrams.js';

/** The largest batch. It takes some 80 ms, and locks nothing that a message or a transition needs. */
const BATCH = 1_000;
/** What a search adds to the index itself, so that it finds what was written just before. */
const BATCH_OF_A_SEARCH = 250;

/** This calls a function because it reads across tenants. */
const TENANTS_TO_INDEX = sql`select tenants_to_index() as tenant_id`;

/** $1 tenant, $2 conversations. The function of this name does the work. */
const TAKE_SEARCH_BACKLOG = sql`
  select id, customer_phone_number as "customerPhoneNumber", phone_key as "phoneKey", display_name as "displayName",
    customer_address as "customerAddress", external_conversation_id as "externalConversationId"
  from take_search_backlog($1, $2)`;

/** $1 tenant; the arrays correspond by position: $2 conversations, $3 texts, $4 trigrams of each as an array literal */
const STORE_TEXTS = sql`
  insert into search_texts as t (tenant_id, conversation_id, text, trigrams)
  select $1, n.id, n.text, n.trigrams::integer[]
  from unnest($2::uuid[], $3::text[], $4::text[]) as n (id, text, trigrams)
  on conflict (tenant_id, conversation_id) do update
  set text = excluded.text, trigrams = excluded.trigrams
  where t.text <> excluded.text`;

/**
 * Adds new conversations, and those whose customer changed, to the index of the search by parts. The transaction that
 * ingests them only notes their ids, because trigrams cost a third as much as all the rest of a new conversation.
 */
@ScheduledJob()
@Injectable()
export class SearchIndex implements TenantJob {
  readonly name = 'search-index';
  readonly intervalSeconds: number;
  readonly tenants = TENANTS_TO_INDEX;
  readonly most = BATCH;

  constructor(@Inject(ENVIRONMENT) environment: Environment) {
    this.intervalSeconds = environment.searchIndexIntervalSeconds;
  }

  async batch(tx: Transaction, tenantId: string, size: number): Promise<number> {
    const taken = await rowsOf<Searchable & { id: string }>(tx, TAKE_SEARCH_BACKLOG, [tenantId, size]);
    if (taken.length === 0) return 0;
    const texts = taken.map(searchableText);
    await rowsOf(tx, STORE_TEXTS, [
      tenantId,
      taken.map(({ id }) => id),
      texts,
      texts.map((text) => `{${trigramsOf(tenantId, text).join()}}`),
    ]);
    return taken.length;
  }

  /** The newest of what is not in the index yet. Most often there is nothing. */
  catchUp(tx: Transaction, tenantId: string): Promise<number> {
    return this.batch(tx, tenantId, BATCH_OF_A_SEARCH);
  }
}
