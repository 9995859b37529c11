/** Pairs of names that people take for the same. */
export const SAME_NAMES: [name: string, same: string][] = [
  ['VIP', 'vip'],
  ['VIP', '  VIP '],
  ['Very important', 'very \u00a0 IMPORTANT'],
  ['Stra\u00dfe \u00c9lys\u00e9e', 'stra\u00dfe e\u0301lyse\u0301e'],
  ['\u0416\u0443\u043a', '\u0436\u0423\u041a'],
  ['Plan 2', '\uff30\uff2c\uff21\uff2e\u3000\uff12'],
];
