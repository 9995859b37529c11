import type { Role } from './access/principal.js';
import type { Environment } from './config/environment.js';
import type { Database } from './database/database.js';
import { DEMO } from './demo/demo-data.js';
import { TEAM } from './demo/demo-team.js';
import { Operator } from './operators/operator.js';
import { Tenant } from './tenants/tenant.js';

/** More people than this are no choice any more. */
const MOST_PEOPLE = 50;

/** The people of a demo tenant: a page calls as one of them with their ids. */
interface Demo {
  readonly tenantId: string;
  readonly tenantName: string;
  readonly people: readonly { operatorId: string; name: string; role: Role }[];
}

/** How the board and the desk can log somebody in. */
export interface LogIn {
  /** Whether a gateway in front of the service proves who calls, so that a page has nothing to prove. */
  readonly byGateway: boolean;
  /** Empty unless this is a demo. */
  readonly demos: readonly Demo[];
}

/**
 * It is a demo when a demo tenant is there and everybody who knows its ids can call as its people anyway: outside of
 * production, where headers are trusted that no gateway has to sign.
 */
export async function readLogIn({ auth, nodeEnv }: Environment, database: Database): Promise<LogIn> {
  const byGateway = auth.mode === 'trusted-headers';
  const isOpen = byGateway && auth.gatewaySecret === null && nodeEnv !== 'production';
  if (!isOpen) return { byGateway, demos: [] };
  const demos = await Promise.all([TEAM, DEMO].map(({ tenant }) => findDemo(database, tenant.id)));
  return { byGateway, demos: demos.filter((demo) => demo !== null) };
}

function findDemo(database: Database, id: string): Promise<Demo | null> {
  return database.inTenant(id, async (tx) => {
    const tenant = await tx.findOneBy(Tenant, { id });
    if (tenant === null) return null;
    const people = await tx.find(Operator, {
      where: { tenantId: id, isActive: true },
      order: { id: 'asc' },
      take: MOST_PEOPLE,
    });
    return {
      tenantId: id,
      tenantName: tenant.name,
      people: people.map(({ id: operatorId, name, role }) => ({ operatorId, name, role })),
    };
  });
}
