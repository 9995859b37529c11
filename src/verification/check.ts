/** Selects the rows of one tenant that break one invariant of docs/architecture.md. */
export interface Check {
  readonly name: string;
  /**
   * $1 is the tenant. Selects one row per breach: `subject` (the kind of resource), `id` and `problem` (in words). It
   * must filter every table by tenant, because the owner of the schema can be a superuser, to whom row-level security
   * does not apply.
   */
  readonly text: string;
  /** A warning can be harmless. It is reported but does not make `verify` fail. */
  readonly severity: 'breach' | 'warning';
}

export function breach(name: string, text: string): Check {
  return { name, text, severity: 'breach' };
}

export function warning(name: string, text: string): Check {
  return { name, text, severity: 'warning' };
}
