export type { ReshardState, ReshardVerb, Transition } from "./states/transition-table.ts";
export { allows, commandsIn, transitionTable } from "./states/transition-table.ts";
