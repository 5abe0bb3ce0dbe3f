/** Names one running process well enough to tell it from a later one with the same pid. */
export interface ProcessIdentity {
  readonly host: string;
  readonly pid: number;
  /** The kernel's start time where it can be had, else "". */
  readonly started: string;
}

/** A hint about who lives: says when to try a takeover, never that it is safe. */
export interface Processes {
  readonly self: ProcessIdentity;
  /** "unknown" for a process of another host. A stopped process is "alive". */
  stateOf(identity: ProcessIdentity): "alive" | "dead" | "unknown";
}
