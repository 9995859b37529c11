import { searchableText, soughtParts, type Searchable } from '../src/search/searchable-text.js';
import { rarestTrigrams, trigramsOf } from '../src/search/trigrams.js';

const TENANT = '019c8f00-0000-7000-8000-000000000001';
const OTHER = '019c8f00-0000-7000-8000-000000000002';

const textOf = (fields: Partial<Searchable>) =>
  searchableText({
    customerPhoneNumber: null,
    phoneKey: null,
    displayName: null,
    customerAddress: null,
    externalConversationId: 'x',
    ...fields,
  }).split('\n');

describe('the text of a conversation', () => {
  it('has a line for each thing that people search by, in the form in which it is compared', () => {
    expect(
      textOf({
        customerPhoneNumber: '+5215512345678',
        phoneKey: '+525512345678',
        displayName: 'CARLA  Ｃustomer',
        customerAddress: 'Carla@Customer.example',
        externalConversationId: 'Thread-9',
      }),
    ).toEqual(['5215512345678', '525512345678', 'carla customer', 'carla@customer.example', 'thread-9']);
  });

  it('has an extension apart from its number', () => {
    expect(textOf({ customerPhoneNumber: '+4930901820;ext=12' })).toEqual(['4930901820 12', 'x']);
  });

  it('has nothing twice', () => {
    expect(
      textOf({
        customerPhoneNumber: '+4915112345678',
        phoneKey: '+4915112345678',
        displayName: '+49 151',
        customerAddress: '4915112345678@c.us',
        externalConversationId: '4915112345678@c.us',
      }),
    ).toEqual(['+49 151', '4915112345678@c.us']);
  });
});

describe('a part', () => {
  it.each([
    ['Carla', ['carla']],
    ['  CARLA   C ', ['carla c']],
    ['12345', ['12345']],
    ['+49 (151) 12345', ['+49 (151) 12345', '4915112345']],
    ['0151 2345', ['0151 2345', '01512345', '1512345']],
    ['0049151', ['0049151', '49151']],
    ['0 1234', ['0 1234', '01234', '1234']],
    // The last four digits of a number.
    ['0123', ['0123']],
    ['٠١٥١٢٣', ['٠١٥١٢٣', '015123', '15123']],
    ['tel:+49151', ['tel:+49151', '49151']],
    // Every form of the number of one person.
    ['+52 1 55 1234 5678', ['+52 1 55 1234 5678', '5215512345678', '525512345678']],
    ['0 1 2', ['0 1 2', '012']],
    ['1 2', ['1 2']],
    ['thread-1', ['thread-1']],
  ])('%j is looked for as %j', (written, parts) => {
    expect(soughtParts(written)).toEqual(parts);
  });

  it('is found wherever a word ends', () => {
    const text = textOf({ displayName: 'ΟΔΟΣΑ' }).join('\n');
    for (const part of ['ΟΔΟΣ', 'ΔΟΣ', 'δος']) expect(text).toContain(soughtParts(part)[0]);
  });
});

describe('trigrams', () => {
  it('of a part are among those of every text that contains it', () => {
    const text = textOf({ displayName: 'Zoë 王小明 🙂🙂 Straße', externalConversationId: 'a%b_c\\d' }).join(
      '\n',
    );
    const all = new Set(trigramsOf(TENANT, text));
    for (const part of ['zoë', '王小明', ' 🙂🙂', 'straße', '%b_', '\\d', 'b_c\\d']) {
      expect(text).toContain(part);
      expect(rarestTrigrams(TENANT, part, []).filter((trigram) => !all.has(trigram))).toEqual([]);
    }
  });

  it('do not go across lines', () => {
    expect(trigramsOf(TENANT, 'ab\ncd')).toEqual([]);
    expect(trigramsOf(TENANT, 'abc\ndef')).toHaveLength(2);
  });

  it('are those of the tenant', () => {
    const [mine, foreign] = [TENANT, OTHER].map((tenant) => trigramsOf(tenant, '4915112345678'));
    expect(mine!.filter((trigram) => foreign!.includes(trigram))).toEqual([]);
  });

  it('are integers of PostgreSQL, and differ for different characters', () => {
    const numbers = Array.from({ length: 1_000 }, (_, n) => String(n).padStart(3, '0'));
    const trigrams = numbers.flatMap((text) => trigramsOf(TENANT, text));
    expect(trigrams.every((trigram) => trigram === (trigram | 0))).toBe(true);
    expect(new Set(trigrams).size).toBe(1_000);
  });

  it('stay as they are, because rows have them', () => {
    expect(trigramsOf(TENANT, '4915')).toEqual([693490531, 2113197093]);
  });

  it('of a long part are the four that the fewest texts have', () => {
    const sample = ['anna@mail.example', 'bernd@mail.example', 'carlo@mail.example'];
    const rare = ['@ma', 'rla', 'la@', 'a@m'].flatMap((trigram) => trigramsOf(TENANT, trigram));
    const chosen = rarestTrigrams(TENANT, 'carla@mail.example', sample);
    expect(chosen).toHaveLength(4);
    expect(chosen).toEqual(expect.arrayContaining(rare.slice(1, 3)));
    expect(chosen).not.toContain(rare[0]);
    expect(rarestTrigrams(TENANT, 'aaaaaa', [])).toEqual(trigramsOf(TENANT, 'aaa'));
  });
});
