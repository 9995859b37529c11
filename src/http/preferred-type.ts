/** A type of an Accept header, such as `text/*;q=0.5`. */
interface Range {
  readonly type: string;
  readonly quality: number;
}

/**
 * The offered media type that an Accept header prefers; without a header the first one. Of two that it likes the same it
 * is the one offered first.
 * @returns null when the header accepts none of them
 */
export function preferredType<Type extends string>(
  accept: string | undefined,
  offered: readonly Type[],
): Type | null {
  const ranges = accept === undefined || accept.trim() === '' ? ['*/*'] : accept.split(',');
  const wanted = ranges.map(readRange);
  const rated = offered.map((type) => ({ type, quality: qualityOf(type, wanted) }));
  const [best] = rated.sort((one, other) => other.quality - one.quality);
  return best === undefined || best.quality === 0 ? null : best.type;
}

function readRange(text: string): Range {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  const given = parameters.find((parameter) => parameter.startsWith('q='));
  const quality = given === undefined ? 1 : Number(given.slice(2));
  // What is no quality is no reason to refuse.
  return { type, quality: quality >= 0 && quality <= 1 ? quality : 1 };
}

/** The most specific range that contains the type decides. */
function qualityOf(type: string, ranges: readonly Range[]): number {
  const [group] = type.split('/');
  for (const name of [type, `${group}/*`, '*/*']) {
    const range = ranges.find((one) => one.type === name);
    if (range !== undefined) return range.quality;
  }
  return 0;
}
