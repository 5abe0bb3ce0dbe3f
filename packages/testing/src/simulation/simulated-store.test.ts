import { objectStoreConformance } from "@shale/env/testing";
import { test } from "vitest";
import { simulatedEnv } from "./simulated-env.ts";

let seed = 0;
objectStoreConformance("the simulated store", () => simulatedEnv({ seed: ++seed }).store, test);
