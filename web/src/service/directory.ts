import { unwrap, type InboxClient } from '@inbox-allocation/client';
import { Value } from '../parts/value.js';
import { texts } from '../texts.js';

/** The names of people and inboxes. Screens show names, never ids. */
export class Directory {
  /** Changes when a name becomes known. */
  readonly names = new Value<ReadonlyMap<string, string>>(new Map());
  private readonly asked = new Set<string>();

  constructor(
    private readonly client: InboxClient,
    private readonly maySeeOperators: boolean,
  ) {}

  note(known: Iterable<readonly [id: string, name: string]>): void {
    const names = new Map(this.names.get());
    let isNew = false;
    for (const [id, name] of known) {
      if (names.get(id) === name) continue;
      names.set(id, name);
      isNew = true;
    }
    if (isNew) this.names.set(names);
  }

  operator(id: string): string {
    return this.names.get().get(id) ?? this.ask(id, texts.someOperator, 'operators');
  }

  inbox(id: string): string {
    return this.names.get().get(id) ?? this.ask(id, texts.someInbox, 'inboxes');
  }

  private ask(id: string, meanwhile: string, what: 'operators' | 'inboxes'): string {
    const may = what === 'inboxes' || this.maySeeOperators;
    if (may && !this.asked.has(id)) {
      this.asked.add(id);
      const params = { params: { path: { id } } };
      const read =
        what === 'inboxes'
          ? unwrap(this.client.GET('/api/v1/inboxes/{id}', params))
          : unwrap(this.client.GET('/api/v1/operators/{id}', params));
      // A name that cannot be read stays what it is called meanwhile.
      read.then(({ name }) => this.note([[id, name]])).catch(() => this.asked.delete(id));
    }
    return meanwhile;
  }
}
