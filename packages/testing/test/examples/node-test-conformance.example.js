// Run by `node --test`, on the built package: nothing here needs vitest.
import test from "node:test";
import { memoryStore, objectStoreConformance } from "@shale/testing";

objectStoreConformance("my store", () => memoryStore(), test);
