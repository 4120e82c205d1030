const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

/** Pauses after the first try and each one after it: eight tries in 23 hours and 36 minutes. */
const pausesMs = [5 * second, minute, 5 * minute, 30 * minute, 2 * hour, 7 * hour, 14 * hour] as const;

/**
 * How long after a try that failed the next one is due, when `failed` tries had failed before it; undefined: it was the
 * last.
 */
export const pauseAfter = (failed: number): number | undefined => pausesMs[failed];
