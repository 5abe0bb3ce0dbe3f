export { catalogInvariants } from "./catalog-invariants.ts";
export type {
  Chain,
  ChainCodec,
  ChainEdit,
  ChainInvariant,
  ChainOptions,
  ChainState,
} from "./chain/chain.ts";
export { openChain } from "./chain/open-chain.ts";
export { readHeartbeats, writeHeartbeat } from "./heartbeats.ts";
export {
  catalogKey,
  catalogVersionOfKey,
  heartbeatKey,
  heartbeatPrefix,
  manifestPrefix,
  projectOfKey,
  tailKey,
  tailPlaceOfKey,
  tailPrefix,
} from "./object-keys.ts";
export { loadCatalog, openCatalog } from "./open-catalog.ts";
export { openPin } from "./pin/open-pin.ts";
export type { GroupState, Pin, PinOptions, TailPosition, TailRef } from "./pin/pin.ts";
export type { PinMemo } from "./pin/pin-memo.ts";
export { createPinMemo } from "./pin/pin-memo.ts";
export type { TailHead } from "./pin/read-heads.ts";
export { readHeads } from "./pin/read-heads.ts";
export type { ProjectCreation } from "./projects.ts";
export { createProject, listProjects } from "./projects.ts";
export type {
  ForgottenWriter,
  RegisteredWriter,
  WriterLoss,
  WriterRegistration,
} from "./writers.ts";
export { forgetWriter, registerWriter } from "./writers.ts";
