/** A label with its colour as a mark, so that its text keeps its contrast. */
export function LabelTag({ label: { name, color } }: { label: { name: string; color: string | null } }) {
  return (
    <span class="tag label" dir="auto" title={name}>
      {color !== null && <i aria-hidden="true" style={{ background: color }} />}
      {name}
    </span>
  );
}
