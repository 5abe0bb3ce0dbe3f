export type { ConformanceCase, OpenStore, RegisterTest } from "./object-store-conformance.ts";
export { objectStoreCases, objectStoreConformance } from "./object-store-conformance.ts";
