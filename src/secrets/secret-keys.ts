import { Inject, Injectable, Logger } from '@nestjs/common';
import { ENVIRONMENT } from '../config/environment-token.js';
import type { Environment } from '../config/environment.js';
import type { Place } from './secret-columns.js';
import { decrypt, deriveKey, encrypt } from './sealing.js';

/** Unlike a secret in clear, which begins with `whsec_`, and, but for 1 in 2^56, unlike the random beginning of a response. */
const PREFIX = 'sealed:';
const SEALED = /^sealed:([a-z0-9-]{1,16}):/;
const LONGEST_HEAD = PREFIX.length + 17;

/** A secret in clear, as the check constraints of the tables know it. */
const IN_CLEAR = 'whsec_';

const LOGGED_EVERY_MS = 60_000;
const LOGGED_PLACES = 1_000;

/** The text that the sealing key of a purpose is derived with. */
const AT_REST = 'secret at rest';
const responseTo = (idempotencyKey: string) => `stored response ${idempotencyKey}`;

/** `current`: sealed with the first key. `unknown`: with one that is not configured, so nobody can read it. */
export const SECRET_STATES = ['clear', 'current', 'former', 'unknown'] as const;
export type SecretState = (typeof SECRET_STATES)[number];

/** A value that cannot be opened: its key is not configured, or it was changed or moved. */
export class SecretUnreadable extends Error {
  constructor(readonly reason: string) {
    super(`a stored secret cannot be read: ${reason}`);
    this.name = 'SecretUnreadable';
  }
}

/** Seals what lies in the database with the keys of SECRETS_KEY: the first one seals, each opens what it has sealed. */
@Injectable()
export class SecretKeys {
  private readonly logger = new Logger('secrets');
  private readonly keys: ReadonlyMap<string, Buffer>;
  private readonly atRest: ReadonlyMap<string, Buffer>;
  private readonly first: string | null;
  /** When an unreadable value was logged, by its place. */
  private readonly loggedAt = new Map<string, number>();

  constructor(@Inject(ENVIRONMENT) { secretKeys }: Environment) {
    this.keys = new Map(secretKeys?.map(({ id, key }) => [id, key]));
    this.atRest = new Map(secretKeys?.map(({ id, key }) => [id, deriveKey(key, AT_REST)]));
    this.first = secretKeys?.[0]?.id ?? null;
  }

  /** What to do with secrets that are sealed with this key; null: that are in clear. */
  stateOf(id: string | null): SecretState {
    if (id === null) return 'clear';
    if (id === this.first) return 'current';
    return this.keys.has(id) ? 'former' : 'unknown';
  }

  /** Patterns of LIKE, of the stored secrets that the first key should seal. Without keys there are none. */
  outdated(): string[] {
    if (this.first === null) return [];
    const former = [...this.keys.keys()].filter((id) => id !== this.first);
    return [`${IN_CLEAR.replace('_', '\\_')}%`, ...former.map((id) => `${PREFIX}${id}:%`)];
  }

  /** @returns what is stored: without keys, the secret in clear */
  seal(secret: string, place: Place): string {
    const id = this.first;
    const key = id === null ? undefined : this.atRest.get(id);
    if (key === undefined) return secret;
    return `${PREFIX}${id}:${encrypt(key, Buffer.from(secret), textOf(place)).toString('base64')}`;
  }

  /**
   * Opens what `seal` returned. A secret in clear is from before there were keys.
   * @throws SecretUnreadable, after logging why
   */
  open(stored: string, place: Place): string {
    if (stored.startsWith(IN_CLEAR)) return stored;
    const [head = '', id = ''] = SEALED.exec(stored) ?? [];
    const sealed = Buffer.from(stored.slice(head.length), 'base64');
    return this.opened(id, this.atRest.get(id), sealed, place).toString();
  }

  /**
   * Seals the response to a request, so that opening it takes the Idempotency-Key and the key of the environment.
   * @returns null without keys
   */
  sealResponse(response: Buffer, idempotencyKey: string, place: Place): Buffer | null {
    const id = this.first;
    const key = id === null ? undefined : this.keys.get(id);
    if (key === undefined) return null;
    const sealed = encrypt(deriveKey(key, responseTo(idempotencyKey)), response, textOf(place));
    return Buffer.concat([Buffer.from(`${PREFIX}${id}:`), sealed]);
  }

  /**
   * Opens what `sealResponse` returned.
   * @returns null for a response that was stored without keys
   * @throws SecretUnreadable, after logging why
   */
  openResponse(stored: Buffer, idempotencyKey: string, place: Place): Buffer | null {
    const [head, id = ''] = SEALED.exec(stored.toString('latin1', 0, LONGEST_HEAD)) ?? [];
    if (head === undefined) return null;
    const key = this.keys.get(id);
    const derived = key === undefined ? undefined : deriveKey(key, responseTo(idempotencyKey));
    return this.opened(id, derived, stored.subarray(head.length), place);
  }

  private opened(id: string, key: Buffer | undefined, sealed: Buffer, place: Place): Buffer {
    try {
      if (key === undefined) throw new SecretUnreadable(`the key "${id}" is not in SECRETS_KEY`);
      return decrypt(key, sealed, textOf(place));
    } catch (error) {
      const unreadable =
        error instanceof SecretUnreadable
          ? error
          : new SecretUnreadable(`the key "${id}" is another one, or the value was changed or moved`);
      this.log(place, unreadable);
      throw unreadable;
    }
  }

  /** A webhook can have thousands of deliveries, so the same is logged once in a while. */
  private log(place: Place, { message }: SecretUnreadable): void {
    const [key, now] = [textOf(place), performance.now()];
    if (now - (this.loggedAt.get(key) ?? -Infinity) < LOGGED_EVERY_MS) return;
    if (this.loggedAt.size >= LOGGED_PLACES) this.loggedAt.clear();
    this.loggedAt.set(key, now);
    this.logger.error({ ...place }, message);
  }
}

function textOf({ tenantId, table, column, id }: Place): string {
  return JSON.stringify([tenantId, table, column, id]);
}
