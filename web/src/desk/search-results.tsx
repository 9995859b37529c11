import { FEWEST, type Search } from '../service/search.js';
import { texts } from '../texts.js';
import { Item } from './desk-lists.js';

export function SearchResults({ search, open }: { search: Search; open: string | null }) {
  const { text, found, problem } = search;
  return (
    <section class="card" aria-labelledby="found">
      <h2 id="found">{texts.found}</h2>
      <p role="status" class="dim">
        {problem ??
          (text.trim().length < FEWEST
            ? texts.typeMore
            : found === null
              ? texts.searching
              : texts.foundCount(found.length))}
      </p>
      <ul class="items">
        {found?.map((each) => (
          <Item key={each.id} conversation={each} isOpen={each.id === open} />
        ))}
      </ul>
    </section>
  );
}
