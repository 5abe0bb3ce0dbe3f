export type { DecodeBatchOptions } from "./batch/decode-batch.ts";
export { decodeBatch } from "./batch/decode-batch.ts";
export { encodeBatch } from "./batch/encode-batch.ts";
export { CATALOG_FORMAT_VERSION, decodeCatalog, encodeCatalog } from "./catalog-codec.ts";
export type {
  CatalogAudit,
  CatalogBehind,
  CatalogCut,
  CatalogDocument,
  CatalogLoad,
  CatalogOperation,
  CatalogOperationState,
  CatalogProcess,
  CatalogRetention,
  CatalogSpec,
  CatalogTombstone,
  CatalogVector,
  CatalogWriter,
  OrdinalRange,
} from "./catalog-document.ts";
export { NONCES_KEPT } from "./catalog-document.ts";
export type { Heartbeat } from "./heartbeat.ts";
export { decodeHeartbeat, encodeHeartbeat, HEARTBEAT_FORMAT_VERSION } from "./heartbeat.ts";
