export { catalogInvariants } from "./catalog-invariants.ts";
export type {
  Chain,
  ChainCodec,
  ChainEdit,
  ChainInvariant,
  ChainOptions,
  ChainState,
} from "./chain.ts";
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
export { openChain } from "./open-chain.ts";
export type { ProjectCreation } from "./projects.ts";
export { createProject, listProjects } from "./projects.ts";
export type {
  ForgottenWriter,
  RegisteredWriter,
  WriterLoss,
  WriterRegistration,
} from "./writers.ts";
export { forgetWriter, registerWriter } from "./writers.ts";
