/** Where a sealed value lies. Moved elsewhere, it cannot be opened. */
export interface Place {
  readonly tenantId: string;
  readonly table: string;
  readonly column: string;
  readonly id: string;
}

/** The columns that hold secrets. The functions in `sql/` look into the same ones. */
export const SECRET_COLUMNS = [
  ['webhooks', 'secret'],
  ['webhooks', 'former_secret'],
  ['api_keys', 'signing_secret'],
] as const;

export type SecretColumn = (typeof SECRET_COLUMNS)[number];

export function placeOf([table, column]: SecretColumn, tenantId: string, id: string): Place {
  return { tenantId, table, column, id };
}
