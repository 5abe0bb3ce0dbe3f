/** What shards say of a flow: plain data that can be sent to another thread. Parts add up. */
export type FlowPart = GraphPart | PathsPart;

export interface GraphPart {
  readonly mode: "graph";
  readonly labels: readonly string[];
  /** By node: the slot of its anchor and offset (`slotOf`), its label, and how many flows did what. */
  readonly nodeSlots: Uint32Array;
  readonly nodeLabels: Uint32Array;
  readonly counts: Float64Array;
  readonly dropOffs: Float64Array;
  readonly pendings: Float64Array;
  /** By edge: from which node to which, how often. */
  readonly edgeFroms: Uint32Array;
  readonly edgeTos: Uint32Array;
  readonly edgeCounts: Float64Array;
}

export interface PathsPart {
  readonly mode: "paths";
  readonly labels: readonly string[];
  /**
   * A tree of label sequences: by node, 1 + the node before it (0: none; it comes earlier in the
   * list), its label, and the flows whose sequence ends there.
   */
  readonly parents: Uint32Array;
  readonly nodeLabels: Uint32Array;
  readonly counts: Float64Array;
}
