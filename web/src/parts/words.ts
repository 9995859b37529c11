const LOCALE = 'en';
const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const WORDS = ['none', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten'];

const NUMBER = new Intl.NumberFormat(LOCALE);
const CLOCK = new Intl.DateTimeFormat(LOCALE, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const CLOCK_WITH_SECONDS = new Intl.DateTimeFormat(LOCALE, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});
const DATE = new Intl.DateTimeFormat(LOCALE, { day: 'numeric', month: 'short' });
const MOMENT = new Intl.DateTimeFormat(LOCALE, { dateStyle: 'full', timeStyle: 'long' });

export function number(value: number): string {
  return NUMBER.format(value);
}

/** Small numbers in words. */
export function count(value: number): string {
  return WORDS[value] ?? number(value);
}

/** A length of time at a glance: "20 s", "12 min", "2 h", "3 days". */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < MINUTE) return `${whole} s`;
  if (whole < HOUR) return `${Math.floor(whole / MINUTE)} min`;
  if (whole < 2 * DAY) return `${Math.floor(whole / HOUR)} h`;
  return `${number(Math.floor(whole / DAY))} days`;
}

/** A length of time to its second or minute: "3 min 10 s", "2 h 5 min". */
export function exactDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < MINUTE || whole >= 2 * DAY) return duration(whole);
  const [unit, less] = whole < HOUR ? [MINUTE, 1] : [HOUR, MINUTE];
  const rest = whole % unit;
  return rest < less ? duration(whole) : `${duration(whole - rest)} ${duration(rest)}`;
}

export function clock(time: number, isExact = false): string {
  return (isExact ? CLOCK_WITH_SECONDS : CLOCK).format(time);
}

/** A moment, wholly. */
export function moment(time: number): string {
  return MOMENT.format(time);
}

/** A moment as people say it: "14:03", "yesterday, 16:40", "3 Mar, 9:12". */
export function when(time: number, now: number): string {
  const days = Math.round((midnight(now) - midnight(time)) / DAY / 1000);
  if (days === 0) return clock(time);
  return `${days === 1 ? 'yesterday' : DATE.format(time)}, ${clock(time)}`;
}

function midnight(time: number): number {
  return new Date(time).setHours(0, 0, 0, 0);
}
