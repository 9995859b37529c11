import { newId } from '../src/database/id.js';

it('later ids sort later and all differ, even if the clock goes back', () => {
  const clock = jest.spyOn(Date, 'now');
  const start = Date.UTC(2026, 0, 1);
  const ids = Array.from({ length: 10_000 }, (_, i) => {
    // Many in a millisecond, and once in a while a clock that is put back.
    clock.mockReturnValue(start + Math.floor(i / 300) - (i % 1_000 === 0 ? 5_000 : 0));
    return newId();
  });
  clock.mockRestore();

  expect(ids).toEqual([...ids].sort());
  expect(new Set(ids).size).toBe(ids.length);
  expect(
    ids.filter((id) => !/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id)),
  ).toEqual([]);
});
