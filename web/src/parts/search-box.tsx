import { texts } from '../texts.js';

export function SearchBox({
  label,
  value,
  onInput,
}: {
  label: string;
  value: string;
  onInput: (text: string) => void;
}) {
  return (
    <input
      type="search"
      dir="auto"
      aria-label={label}
      placeholder={texts.search}
      value={value}
      onInput={(event) => onInput(event.currentTarget.value)}
    />
  );
}
