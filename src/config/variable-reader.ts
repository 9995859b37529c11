import type { ReadVariable } from './known-variables.js';

/**
 * Reads single variables and collects what is wrong with them, so that one start shows every problem.
 * An empty variable counts as unset: Compose and CI systems pass empty ones on. What may be secret is
 * never repeated in a problem.
 */
export class VariableReader {
  readonly problems: string[] = [];

  constructor(private readonly source: NodeJS.ProcessEnv) {}

  optional(name: string): string | null {
    return this.source[name]?.trim() || null;
  }

  report(name: string, shouldBe: string, found?: string): null {
    this.problems.push(`${name}: ${shouldBe}${found === undefined ? '' : `, not "${found}"`}`);
    return null;
  }

  oneOf<T extends string>(name: ReadVariable, allowed: readonly T[], fallback: T): T {
    const text = this.optional(name);
    if (text === null) return fallback;
    const found = allowed.find((value) => value === text);
    if (found === undefined) this.report(name, `should be one of ${allowed.join(', ')}`, text);
    return found ?? fallback;
  }

  /** Several of a few words, separated by commas. */
  someOf<T extends string>(name: ReadVariable, allowed: readonly T[], fallback: T[]): T[] {
    const words = this.list(name);
    const unknown = words.filter((word) => !allowed.some((value) => value === word));
    if (unknown.length > 0)
      this.report(name, `should be some of ${allowed.join(', ')}, separated by commas`, unknown.join(', '));
    const found = allowed.filter((value) => words.includes(value));
    return found.length > 0 ? found : fallback;
  }

  wholeNumber(name: ReadVariable, fallback: number, range: { min: number; max: number }): number {
    const text = this.optional(name);
    if (text === null) return fallback;
    const number = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
    if (number >= range.min && number <= range.max) return number;
    this.report(name, `should be a whole number from ${range.min} to ${range.max}`, text);
    return fallback;
  }

  notNegative(name: ReadVariable, fallback: number): number {
    const text = this.optional(name);
    if (text === null) return fallback;
    if (/^\d{1,9}(\.\d{1,9})?$/.test(text)) return Number(text);
    this.report(name, 'should be a number of at least 0, such as 0.4', text);
    return fallback;
  }

  secret(name: ReadVariable, minimumLength: number): string | null {
    const text = this.optional(name);
    if (text === null || text.length >= minimumLength) return text;
    return this.report(name, `should have at least ${minimumLength} characters, but has ${text.length}`);
  }

  /** The URL may hold a password, so a wrong one is not shown. */
  postgresUrl(name: ReadVariable): string | null {
    const text = this.optional(name);
    if (text === null || isUrl(text, ['postgresql:', 'postgres:'])) return text;
    return this.report(name, 'should be a PostgreSQL URL such as postgresql://user:password@host:5432/inbox');
  }

  /** Nor is one of these, for the same reason. */
  httpUrl(name: ReadVariable, example: string): URL | null {
    const text = this.optional(name);
    if (text === null) return null;
    if (isUrl(text, ['http:', 'https:'])) return new URL(text);
    return this.report(name, `should be a URL such as ${example}`);
  }

  origins(name: ReadVariable): string[] {
    const origins = this.list(name);
    for (const origin of origins) {
      if (!isUrl(origin, ['http:', 'https:']) || new URL(origin).origin !== origin) {
        this.report(name, 'should be origins such as https://desk.example.com, separated by commas', origin);
      }
    }
    return origins;
  }

  private list(name: ReadVariable): string[] {
    const entries = (this.optional(name) ?? '').split(',').map((entry) => entry.trim());
    return entries.filter((entry) => entry !== '');
  }
}

function isUrl(text: string, protocols: string[]): boolean {
  return URL.canParse(text) && protocols.includes(new URL(text).protocol);
}
