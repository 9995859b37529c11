import { EnvironmentError, readEnvironment } from '../src/config/environment.js';
import { KEY_A, KEY_B } from './support/secrets-key.js';
import { TestDatabase } from './support/database.js';
import { runBuilt } from './support/migrating.js';
import { serviceVariables } from './support/settings.js';

const REQUIRED = {
  DATABASE_URL: 'postgresql://inbox:pw@localhost/inbox',
  JWT_SECRET: 'a-secret-of-thirty-two-characters',
};

function problemsOf(SECRETS_KEY: string): string[] {
  try {
    readEnvironment({ ...REQUIRED, SECRETS_KEY });
  } catch (error) {
    if (error instanceof EnvironmentError) return error.problems;
    throw error;
  }
  return [];
}

describe('SECRETS_KEY', () => {
  it('reads the keys of secrets, the first of which encrypts', () => {
    expect(readEnvironment({ ...REQUIRED, SECRETS_KEY: `${KEY_B}, ${KEY_A}` }).secretKeys).toEqual([
      { id: 'b', key: Buffer.from(KEY_B.slice(2), 'base64') },
      { id: 'a', key: Buffer.from(KEY_A.slice(2), 'base64') },
    ]);
    expect(readEnvironment({ ...REQUIRED, NODE_ENV: 'production' }).secretKeys).toBeNull();
  });

  const RANDOM = KEY_A.slice(2);
  it.each([
    ['without an id', RANDOM, 'number 1 has no valid id'],
    ['with an empty id', `:${RANDOM}`, 'number 1 has no valid id'],
    ['with a large letter in the id', `A:${RANDOM}`, 'number 1 has no valid id'],
    ['with an id of 17 characters', `${'a'.repeat(17)}:${RANDOM}`, 'number 1 has no valid id'],
    [
      'of 31 bytes',
      `a:${Buffer.alloc(31, 'abcdefghijklmnopq').toString('base64')}`,
      'number 1 is not 32 bytes',
    ],
    [
      'of 33 bytes',
      `a:${Buffer.alloc(33, 'abcdefghijklmnopq').toString('base64')}`,
      'number 1 is not 32 bytes',
    ],
    ['in base64url', `a:${RANDOM.replace('=', '')}`, 'number 1 is not 32 bytes'],
    ['in hexadecimal digits', `a:${'0123456789abcdef'.repeat(4)}`, 'number 1 is not 32 bytes'],
    ['with more behind it', `${KEY_A}:x`, 'number 1 is not 32 bytes'],
    ['of zeros', `a:${Buffer.alloc(32).toString('base64')}`, 'number 1 is not random'],
    ['with the id of an earlier one', `${KEY_A},a:${KEY_B.slice(2)}`, 'number 2 has the id or the key'],
    ['that is an earlier one', `${KEY_A},c:${RANDOM}`, 'number 2 has the id or the key'],
    ['that is none', ',', 'should be <id>:<32 bytes in base64>'],
  ])('refuses a key of secrets %s, and shows nothing of it', (_what, SECRETS_KEY, problem) => {
    const problems = problemsOf(SECRETS_KEY);
    expect(problems).toEqual([expect.stringContaining(problem)]);
    expect(problems[0]).toMatch(/^SECRETS_KEY: should be /);
    for (const part of SECRETS_KEY.split(/[:,]/).filter((each) => each.length > 3))
      expect(problems[0]).not.toContain(part);
  });

  it('is not required in production, and its absence is said once', async () => {
    const database = await TestDatabase.create();
    try {
      const production = { NODE_ENV: 'production', TRUST_GATEWAY_HEADERS: 'yes', LOG_LEVEL: 'warn' };
      const start = async (changes: Record<string, string>) => {
        const { said } = await runBuilt('main.js', [], serviceVariables(database.url, changes));
        return said.filter((line) => line.includes('SECRETS_KEY'));
      };
      // It ends soon, because production refuses the owner of the schema.
      const direct = { DATABASE_URL: database.url, DATABASE_POOLER: 'none' };
      expect(await start({ ...production, ...direct })).toEqual([
        expect.stringContaining('SECRETS_KEY is not set'),
      ]);
      expect(await start({ ...production, ...direct, SECRETS_KEY: KEY_A })).toEqual([]);
    } finally {
      await database.close();
    }
  });
});
