export type { DecodeBatchOptions } from "./batch/decode-batch.ts";
export { decodeBatch } from "./batch/decode-batch.ts";
export { encodeBatch } from "./batch/encode-batch.ts";
export { CATALOG_FORMAT_VERSION, decodeCatalog, encodeCatalog } from "./catalog-codec.ts";
export type {
  CatalogAudit,
  CatalogBehind,
  CatalogCopyWindow,
  CatalogCut,
  CatalogDocument,
  CatalogFailure,
  CatalogLoad,
  CatalogOperation,
  CatalogOperationState,
  CatalogPosition,
  CatalogProcess,
  CatalogRetention,
  CatalogSpec,
  CatalogThrottle,
  CatalogTombstone,
  CatalogTransition,
  CatalogVector,
  CatalogWriter,
  OrdinalRange,
} from "./catalog-document.ts";
export { NONCES_KEPT } from "./catalog-document.ts";
export type { CondemnedObject, CondemnedRecord } from "./collect/condemned-record.ts";
export {
  CONDEMNED_FORMAT_VERSION,
  decodeCondemnedRecord,
  encodeCondemnedRecord,
} from "./collect/condemned-record.ts";
export type { FirstLook } from "./collect/first-look.ts";
export {
  decodeFirstLook,
  encodeFirstLook,
  FIRST_LOOK_FORMAT_VERSION,
} from "./collect/first-look.ts";
export type {
  ValidationRecord,
  ValidationSums,
  ValidationUnit,
} from "./collect/validation-record.ts";
export { decodeValidationRecord, encodeValidationRecord } from "./collect/validation-record.ts";
export type { WorkPinDocument } from "./collect/work-pin.ts";
export { decodeWorkPin, encodeWorkPin, WORK_PIN_FORMAT_VERSION } from "./collect/work-pin.ts";
export type { ColumnExtent } from "./day-file/column-extents.ts";
export { columnExtents } from "./day-file/column-extents.ts";
export { REST_COLUMN } from "./day-file/column-names.ts";
export type {
  DayFileColumn,
  DayFileCompression,
  DayFileContent,
  DayFileEventCount,
  DayFileFooter,
  DayFilePlaces,
  DayFileRange,
  DayFileRowGroup,
  DayFileRows,
  DayFileSelection,
  EncodedDayFile,
  NamedColumn,
} from "./day-file/day-file.ts";
export { decodeDayFileRows, decodeDayFileUsers } from "./day-file/decode-day-file-rows.ts";
export type { EncodeDayFileOptions } from "./day-file/encode-day-file.ts";
export { defaultDayFileCompression, encodeDayFile } from "./day-file/encode-day-file.ts";
export { DAY_FILE_FORMAT_VERSION } from "./day-file/footer-document.ts";
export type { DayFileIndex } from "./day-file/open-day-file.ts";
export { openDayFile } from "./day-file/open-day-file.ts";
export { planDayFileRead } from "./day-file/plan-day-file-read.ts";
export type { JoinedContent, RowGroupSource } from "./day-file/row-groups/join-row-groups.ts";
export { joinRowGroups, mayBeJoined } from "./day-file/row-groups/join-row-groups.ts";
export type { RowGroupFacts, SummedFacts } from "./day-file/row-groups/row-group-facts.ts";
export { checkFacts, sumFacts } from "./day-file/row-groups/row-group-facts.ts";
export { createEventFileEncoder } from "./event-file/event-file-encoder.ts";
export type { Heartbeat } from "./heartbeat.ts";
export { decodeHeartbeat, encodeHeartbeat, HEARTBEAT_FORMAT_VERSION } from "./heartbeat.ts";
export {
  claimOfOutput,
  compareEntries,
  isClaimId,
  isOutputId,
  numberOfOutput,
  outputId,
} from "./manifest/day-file-id.ts";
export type { ManifestPage } from "./manifest/decode-page.ts";
export { decodeManifestPage } from "./manifest/decode-page.ts";
export { encodeManifestPage } from "./manifest/encode-page.ts";
export { createEventTest, EVENT_HASHES_MAX, eventHashesOf } from "./manifest/event-hashes.ts";
export {
  decodeManifest,
  encodeManifest,
  MANIFEST_FORMAT_VERSION,
} from "./manifest/manifest-codec.ts";
export type {
  DayFileEntry,
  DayFileGeneration,
  DayFileSeqs,
  ManifestClaim,
  ManifestClaimKind,
  ManifestCopy,
  ManifestDocument,
  ManifestPageRef,
  ManifestPosition,
  ManifestWritten,
} from "./manifest/manifest-document.ts";
export { COMMITTED_KEPT } from "./manifest/manifest-document.ts";
export { MANIFEST_PAGE_FORMAT_VERSION } from "./manifest/page-layout.ts";
export type { TailSource } from "./tail/tail-codec.ts";
export {
  decodeTailHeader,
  decodeTailObject,
  encodeTailObject,
  TAIL_FORMAT_VERSION,
  TAIL_HEADER_BYTES,
} from "./tail/tail-codec.ts";
export type { TailHeader, TailObject } from "./tail/tail-object.ts";
export { emptyTailObject, tailObjectOf } from "./tail/tail-object.ts";
export type { ScannedRecord, WalScan } from "./wal/scan-wal.ts";
export { scanWal } from "./wal/scan-wal.ts";
export type { WalFileHeader } from "./wal/wal-file-header.ts";
export {
  encodeWalFileHeader,
  WAL_FILE_HEADER_BYTES,
  WAL_FORMAT_VERSION,
} from "./wal/wal-file-header.ts";
export type { WalRecord } from "./wal/wal-record.ts";
export { encodeWalRecord } from "./wal/wal-record.ts";
