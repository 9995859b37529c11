import { AsyncLocalStorage } from 'node:async_hooks';
import { DataSource, Repository, type EntityManager, type EntityTarget, type ObjectLiteral } from 'typeorm';

const transactions = new AsyncLocalStorage<EntityManager>();

/** Makes every injected repository use `tx` while `work` runs. Only `Database.inTenant` calls it. */
export function bindRepositories<T>(tx: EntityManager, work: () => Promise<T>): Promise<T> {
  return transactions.run(tx, work);
}

function currentTransaction(): EntityManager {
  const tx = transactions.getStore();
  if (tx === undefined) throw new Error('a repository can be used only inside of Database.inTenant');
  return tx;
}

/**
 * The source of the repositories of `TypeOrmModule.forFeature`. A repository with a connection of its own would belong
 * to no tenant. These use the transaction of the surrounding `Database.inTenant`, and throw outside of one. So a
 * service can inject a plain `@InjectRepository(Inbox) inboxes: Repository<Inbox>`.
 */
export class TenantDataSource extends DataSource {
  override getRepository<Entity extends ObjectLiteral>(target: EntityTarget<Entity>): Repository<Entity> {
    const repository = new Repository(target, this.manager);
    return Object.defineProperty(repository, 'manager', { get: currentTransaction });
  }
}
