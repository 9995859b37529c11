export interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

/** A response of `GET /metrics`. */
export class Scrape {
  private constructor(
    readonly text: string,
    readonly samples: readonly Sample[],
  ) {}

  static async of({ url }: { url: string }, headers: Record<string, string> = {}): Promise<Scrape> {
    const response = await fetch(`${url}/metrics`, { headers });
    const text = await response.text();
    expect({ status: response.status, text }).toEqual({ status: 200, text });
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    return new Scrape(
      text,
      text
        .split('\n')
        .filter((line) => line !== '' && !line.startsWith('#'))
        .map(sampleIn),
    );
  }

  /** The value with at least these labels; undefined when there is none. */
  value(name: string, labels: Record<string, string> = {}): number | undefined {
    const found = this.all(name, labels);
    expect(found.length).toBeLessThanOrEqual(1);
    return found[0]?.value;
  }

  all(name: string, labels: Record<string, string> = {}): Sample[] {
    const fits = (sample: Sample) =>
      Object.entries(labels).every(([label, value]) => sample.labels[label] === value);
    return this.samples.filter((sample) => sample.name === name && fits(sample));
  }

  /** Every metric with its type and description, from `# TYPE` and `# HELP`. */
  described(): { name: string; type: string; help: string }[] {
    const helps = new Map(
      [...this.text.matchAll(/^# HELP (\S+) (.*)$/gm)].map(([, name = '', help = '']) => [name, help]),
    );
    return [...this.text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '', type = '']) => ({
      name,
      type,
      help: helps.get(name) ?? '',
    }));
  }
}

function sampleIn(line: string): Sample {
  const [, name, labels = '', value] = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
  if (name === undefined || value === undefined) throw new Error(`not a sample: ${line}`);
  const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)];
  return {
    name,
    labels: Object.fromEntries(pairs.map(([, label = '', text = '']) => [label, text])),
    value: Number(value.replace('Inf', 'Infinity')),
  };
}
