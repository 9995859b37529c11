import { sql } from '../database/statement.js';

/** Before writing queue keys: no change of the weights runs until the end of the transaction. $1 tenant */
export const SHARE_RANKING = sql`select share_ranking($1)`;
