import type { Role } from '@inbox-allocation/client/openapi';

/** The people of a demo tenant, any of whom a visitor can be. */
export interface Demo {
  readonly tenantId: string;
  readonly tenantName: string;
  readonly people: readonly { operatorId: string; name: string; role: Role }[];
}

/** How somebody can log in here. */
interface WaysIn {
  /** A gateway in front of the service says who is calling. */
  readonly byGateway: boolean;
  readonly demos: readonly Demo[];
}

export async function readLogIn(): Promise<WaysIn> {
  try {
    const response = await fetch('/web/log-in.json');
    if (response.ok) return (await response.json()) as WaysIn;
  } catch {
    // The log-in by token does not need to know.
  }
  return { byGateway: false, demos: [] };
}
