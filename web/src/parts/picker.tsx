import { useId, useState } from 'preact/hooks';
import { texts } from '../texts.js';
import { Named } from './sentence.js';

export interface Choice {
  readonly id: string;
  readonly name: string;
  readonly note?: string;
}

const SHOWN = 50;

/** A list of names to choose one of. Enter in the search takes the first. */
export function Picker({
  label,
  choices,
  chosen,
  onChoose,
}: {
  label: string;
  choices: readonly Choice[];
  chosen: string | null;
  onChoose: (choice: Choice) => void;
}) {
  const [search, setSearch] = useState('');
  const group = useId();
  const wanted = search.trim().toLocaleLowerCase();
  const matching = choices.filter(({ name }) => name.toLocaleLowerCase().includes(wanted));
  const [first] = matching;
  return (
    <fieldset class="picker">
      <legend>{label}</legend>
      {choices.length > 6 && (
        <input
          type="search"
          data-first
          aria-label={texts.searchIn(label)}
          placeholder={texts.search}
          value={search}
          onInput={(event) => setSearch(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Enter' || first === undefined || first.id === chosen) return;
            event.preventDefault();
            onChoose(first);
          }}
        />
      )}
      <div class="choices">
        {matching.slice(0, SHOWN).map((choice, i) => (
          <label key={choice.id}>
            <input
              type="radio"
              name={group}
              checked={choice.id === chosen}
              {...(i === 0 && choices.length <= 6 ? { 'data-first': true } : {})}
              onChange={() => onChoose(choice)}
            />
            <Named name={choice.name} />
            {choice.note !== undefined && <small>{choice.note}</small>}
          </label>
        ))}
        {matching.length === 0 && <p class="dim">{texts.nothingFound}</p>}
        {matching.length > SHOWN && <p class="dim">{texts.moreMatch(matching.length - SHOWN)}</p>}
      </div>
    </fieldset>
  );
}
