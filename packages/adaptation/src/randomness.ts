/** What a random stream is for: streams of the same seed, step and sample but another purpose are independent. */
export const purposes = {
  synthesis: 0,
  initialisation: 1,
  order: 2,
  heldOut: 3,
  shots: 4,
  memory: 5,
  learningCurve: 6,
} as const;
