import { test } from "vitest";
import { objectStoreConformance } from "../testing/index.ts";
import { memoryStore } from "./memory-store.ts";

objectStoreConformance("memoryStore", () => memoryStore(), test);
