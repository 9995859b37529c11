import { sql } from '../database/statement.js';

/** Call it before writing queue keys. No change of the weights runs until the COMMIT. $1 tenant */
export const SHARE_RANKING = sql`select share_ranking($1)`;
