import { AsyncLocalStorage } from 'node:async_hooks';
import { DataSource, Repository, type EntityManager, type EntityTarget, type ObjectLiteral } from 'typeorm';

const transactions = new AsyncLocalStorage<EntityManager>();

/** While `work` runs, every injected repository works in `tx`. `Database.inTenant` calls it, nobody else. */
export function bindRepositories<T>(tx: EntityManager, work: () => Promise<T>): Promise<T> {
  return transactions.run(tx, work);
}

function currentTransaction(): EntityManager {
  const tx = transactions.getStore();
  if (tx === undefined) throw new Error('a repository works inside of Database.inTenant only');
  return tx;
}

/**
 * What `TypeOrmModule.forFeature` takes its repositories from. They have no connection of their own, which would belong
 * to no tenant: they work in the transaction that `Database.inTenant` has opened around the call, and throw elsewhere.
 * So a service asks for a plain `@InjectRepository(Inbox) inboxes: Repository<Inbox>`.
 */
export class TenantDataSource extends DataSource {
  override getRepository<Entity extends ObjectLiteral>(target: EntityTarget<Entity>): Repository<Entity> {
    const repository = new Repository(target, this.manager);
    return Object.defineProperty(repository, 'manager', { get: currentTransaction });
  }
}
