import { memoryStore, objectStoreConformance } from "shale/testing";
import { test } from "vitest";

// Pass your own store in place of memoryStore(): one that keeps all rules can hold a Shale store.
objectStoreConformance("my store", () => memoryStore(), test);
