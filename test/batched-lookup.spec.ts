import { BatchedLookup } from '../src/database/batched-lookup.js';

interface Trip {
  questions: readonly string[];
  end: (error?: Error) => void;
}

/** Looks questions up in upper case. Those with the same text before a slash take turns. The test ends each round trip. */
function batchedLookup(atOnce: number) {
  const trips: Trip[] = [];
  const lookup = new BatchedLookup<string, string>(
    atOnce,
    (question) => question.split('/', 1)[0]!,
    (questions) =>
      new Promise((resolve, reject) => {
        trips.push({
          questions,
          end: (error) => {
            if (error !== undefined) reject(error);
            else resolve(new Map(questions.map((question) => [question, question.toUpperCase()])));
          },
        });
      }),
  );
  const ask = (question: string) => lookup.find(question).catch((error: unknown) => String(error));
  return { ask, trips };
}

const aMoment = () => new Promise((resolve) => setImmediate(resolve));

describe('look-ups of many requests', () => {
  it('share a round trip when they arrive while the maximum is running', async () => {
    const { ask, trips } = batchedLookup(2);
    const responses = Promise.all(['a', 'b', 'c', 'd', 'e'].map(ask));
    expect(trips.map(({ questions }) => questions)).toEqual([['a'], ['b']]);
    trips[1]!.end();
    await aMoment();
    expect(trips.map(({ questions }) => questions)).toEqual([['a'], ['b'], ['c', 'd', 'e']]);
    trips[0]!.end();
    trips[2]!.end();
    expect(await responses).toEqual(['A', 'B', 'C', 'D', 'E']);
    expect(trips).toHaveLength(3);
  });

  it('never join a round trip that started before them', async () => {
    const { ask, trips } = batchedLookup(1);
    const first = ask('a');
    const second = ask('a');
    expect(trips).toHaveLength(1);
    trips[0]!.end();
    expect(await first).toBe('A');
    await aMoment();
    expect(trips.map(({ questions }) => questions)).toEqual([['a'], ['a']]);
    trips[1]!.end();
    expect(await second).toBe('A');
  });

  it('fail with their round trip, and the next round trip still runs', async () => {
    const { ask, trips } = batchedLookup(1);
    const responses = Promise.all(['a', 'b', 'c'].map(ask));
    trips[0]!.end();
    await aMoment();
    const late = ask('d');
    trips[1]!.end(new Error('gone'));
    await aMoment();
    trips[2]!.end();
    expect(await responses).toEqual(['A', 'Error: gone', 'Error: gone']);
    expect(await late).toBe('D');
  });

  it('have at most a hundred in one round trip', async () => {
    const { ask, trips } = batchedLookup(1);
    const responses = Promise.all(Array.from({ length: 250 }, (_, i) => ask(`q${i}`)));
    for (let i = 0; i < 4; i++) {
      trips[i]!.end();
      await aMoment();
    }
    expect(trips.map(({ questions }) => questions.length)).toEqual([1, 100, 100, 49]);
    expect(await responses).toHaveLength(250);
  });

  it('of one tenant leave a place in the next round trip to others', async () => {
    const { ask, trips } = batchedLookup(1);
    const responses = Promise.all([
      ...Array.from({ length: 1_000 }, (_, i) => ask(`greedy/${i}`)),
      ask('other/0'),
      ask('other/1'),
    ]);
    trips[0]!.end();
    await aMoment();
    expect(trips[1]!.questions.slice(0, 5)).toEqual([
      'greedy/1',
      'other/0',
      'greedy/2',
      'other/1',
      'greedy/3',
    ]);
    expect(trips[1]!.questions).toHaveLength(100);
    for (let i = 1; i < trips.length; i++) {
      trips[i]!.end();
      await aMoment();
    }
    expect(new Set(await responses).size).toBe(1_002);
  });
});
