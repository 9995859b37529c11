/** How a conversation ended, as who resolves it says. What was resolved before there were outcomes counts as HANDLED. */
export const OUTCOMES = ['HANDLED', 'ABANDONED', 'SPAM', 'DUPLICATE'] as const;
export type Outcome = (typeof OUTCOMES)[number];
