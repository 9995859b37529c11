import { parser } from '@prometheus-io/lezer-promql';

export interface Selector {
  metric: string;
  /** Of its matchers. */
  labels: string[];
}

export interface Expression {
  selectors: Selector[];
  /** Everywhere: matchers, by, on, ignoring. */
  labels: string[];
}

/**
 * The metrics and labels of a PromQL expression, by Prometheus' own grammar.
 * @throws when it is not PromQL
 */
export function parsePromQl(text: string): Expression {
  const selectors: Selector[] = [];
  const labels: string[] = [];
  parser.parse(text).iterate({
    enter: ({ type, from, to }) => {
      const word = text.slice(from, to);
      if (type.isError) throw new Error(`not PromQL at "${text.slice(from, from + 20)}": ${text}`);
      if (type.name === 'VectorSelector') selectors.push({ metric: '', labels: [] });
      const selector = selectors.at(-1);
      if (type.name === 'Identifier' && selector !== undefined) selector.metric = word;
      if (type.name === 'LabelName') labels.push(word);
      if (type.name === 'UnquotedLabelMatcher') selector?.labels.push(/^\w+/.exec(word)?.[0] ?? '');
    },
  });
  if (selectors.length === 0) throw new Error(`it names no metric: ${text}`);
  return { selectors, labels };
}
