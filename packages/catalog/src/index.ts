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
export { closeGroups } from "./collect/close-groups.ts";
export { validationKey, validationPrefix } from "./collect/collect-keys.ts";
export type {
  CollectAction,
  CollectionOptions,
  CollectionPlan,
  CollectionProgress,
  CollectionReport,
  CollectionView,
  GarbageReason,
  GroupView,
  KeptObjects,
  KeptReason,
} from "./collect/collection.ts";
export { planCollection } from "./collect/plan-collection.ts";
export { raiseFirstDay, setRetention } from "./collect/retention.ts";
export { retireInCatalog } from "./collect/retired-writers.ts";
export { COLLECT_GRACE_MS, runCollection } from "./collect/run-collection.ts";
export { readStoreNow } from "./collect/sight/store-now.ts";
export type { FoundWorkPin, WorkPin, WorkPinOptions } from "./collect/work-pins.ts";
export {
  isWorkPinLive,
  openWorkPin,
  readWorkPins,
  WORK_PIN_RENEW_MS,
  WORK_PIN_STALE_MS,
} from "./collect/work-pins.ts";
export { beginCatchUp, endCatchUp, freezeGroup, markBehind, withBehind } from "./cut/behind.ts";
export { completeCut } from "./cut/complete-cut.ts";
export { readEnds, withLaterWriters } from "./cut/read-ends.ts";
export type { AdoptingWriter, Adoption } from "./delete/await-adoption.ts";
export type { DeletionOptions, DeletionReceipt, ReceiptTombstone } from "./delete/delete-users.ts";
export { ADOPTION_WAIT_MS, deleteUsers } from "./delete/delete-users.ts";
export { seqsOf } from "./delete/greatest-seq.ts";
export type { AddedTombstones, WantedTombstone } from "./delete/tombstones.ts";
export { addTombstones, retireTombstones } from "./delete/tombstones.ts";
export { readHeartbeats, writeHeartbeat } from "./heartbeats.ts";
export type { BegunClaim, ClaimInput, ClaimRequest } from "./manifest/begin-claim.ts";
export { beginClaim } from "./manifest/begin-claim.ts";
export type { ManifestBalance } from "./manifest/claim-balance.ts";
export { addDigestTexts } from "./manifest/claim-balance.ts";
export type { ClaimChange, CopyStep } from "./manifest/commit-claim.ts";
export { commitClaim } from "./manifest/commit-claim.ts";
export { closeManifest, dropClaim, mayTakeOver, retireWriters } from "./manifest/end-claims.ts";
export { fileCountOf } from "./manifest/file-count.ts";
export type { FoldOptions } from "./manifest/fold-manifest.ts";
export { foldManifest } from "./manifest/fold-manifest.ts";
export type { DayRange, EntryPages, EntryReading } from "./manifest/load-entries.ts";
export { loadEntries } from "./manifest/load-entries.ts";
export type { ManifestsReading } from "./manifest/load-manifests.ts";
export { loadManifests } from "./manifest/load-manifests.ts";
export { manifestInvariants } from "./manifest/manifest-invariants.ts";
export type { ManifestPlace } from "./manifest/manifest-place.ts";
export { firstManifest, openManifest } from "./manifest/open-manifest.ts";
export type { FoldPlan } from "./manifest/plan-fold.ts";
export { FOLD_CHANGES_MAX, isFoldDue, PAGE_ENTRIES_MAX, planFold } from "./manifest/plan-fold.ts";
export { EMPTY_VECTOR, fallenWriterOf, movedTo } from "./manifest/vectors.ts";
export type { DayFilePlace } from "./object-keys.ts";
export {
  catalogKey,
  catalogPrefix,
  catalogVersionOfKey,
  dayFileKey,
  dayFilePlaceOfKey,
  dayFilePrefix,
  heartbeatKey,
  heartbeatPrefix,
  manifestKey,
  manifestPlaceOfKey,
  manifestPrefix,
  manifestsPrefix,
  pageKey,
  pagePlaceOfKey,
  pagePrefix,
  projectOfKey,
  tailKey,
  tailPlaceOfKey,
  tailPrefix,
} from "./object-keys.ts";
export { existing, loadCatalog, openCatalog } from "./open-catalog.ts";
export { holdsOrdinal } from "./ordinal-ranges.ts";
export { openPin } from "./pin/open-pin.ts";
export type { PinPair, PinPairOptions } from "./pin/open-pin-pair.ts";
export { openPinPair } from "./pin/open-pin-pair.ts";
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
