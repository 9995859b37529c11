import { captureContext, type Within } from '../tracing/tracing.js';

/** So many questions go together at most. */
const MOST_TOGETHER = 100;

interface Waiting<Question, Answer> {
  readonly question: Question;
  /** Runs what it is given as a part of the request that asks. */
  readonly within: Within;
  readonly resolve: (response: Answer | undefined) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Asks the database questions of many requests in one round trip: while as many as may be are under way, the next ones
 * wait and then go together. There is no timer, so who comes alone waits for nobody; and a question never goes with a
 * round trip that had begun before it came, so what it is answered is no older than itself. In traces a round trip
 * belongs to the first of those it was made for.
 */
export class BatchedLookup<Question, Answer> {
  private waiting: Waiting<Question, Answer>[] = [];
  private underWay = 0;

  /**
   * @param atOnce round trips under way at once
   * @param ask answers them, undefined where there is no answer; when it fails, it has failed for all of them
   */
  constructor(
    private readonly atOnce: number,
    private readonly ask: (questions: readonly Question[]) => Promise<ReadonlyMap<Question, Answer>>,
  ) {}

  answer(question: Question): Promise<Answer | undefined> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ question, within: captureContext(), resolve, reject });
      if (this.underWay < this.atOnce) void this.next();
    });
  }

  private async next(): Promise<void> {
    const together = this.waiting.splice(0, MOST_TOGETHER);
    const [first] = together;
    if (first === undefined) return;
    this.underWay++;
    try {
      const answers = await first.within(() => this.ask(together.map(({ question }) => question)));
      for (const { question, resolve } of together) resolve(answers.get(question));
    } catch (error) {
      for (const { reject } of together) reject(error);
    }
    this.underWay--;
    if (this.waiting.length > 0 && this.underWay < this.atOnce) void this.next();
  }
}
