export type { ManualClock, ManualClockOptions } from "./simulation/manual-clock.ts";
export { manualClock } from "./simulation/manual-clock.ts";
export { seededRandom } from "./simulation/seeded-random.ts";
