export interface Name {
  readonly name: string;
}

/** A sentence with names in it. A name may be long, or be written from right to left. */
export type Sentence = readonly (string | Name)[];

export function name(text: string): Name {
  return { name: text };
}

export function say(
  texts: TemplateStringsArray,
  ...values: readonly (string | number | Name | Sentence)[]
): Sentence {
  return texts.flatMap((text, i) => {
    const value = values[i];
    if (value === undefined) return [text];
    if (Array.isArray(value)) return [text, ...(value as Sentence)];
    return [text, typeof value === 'object' ? (value as Name) : String(value)];
  });
}

export function plain(sentence: Sentence | string): string {
  if (typeof sentence === 'string') return sentence;
  return sentence.map((part) => (typeof part === 'string' ? part : part.name)).join('');
}

/** A sentence whose names keep their own direction. */
export function Say({ of }: { of: Sentence | string }) {
  if (typeof of === 'string') return <>{of}</>;
  return <>{of.map((part) => (typeof part === 'string' ? part : <bdi>{part.name}</bdi>))}</>;
}

/** A name on one line. What does not fit is in the title. */
export function Named({ name: text, className }: { name: string; className?: string }) {
  return (
    <span class={`name ${className ?? ''}`} dir="auto" title={text}>
      {text}
    </span>
  );
}
