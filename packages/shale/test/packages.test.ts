import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { buildIfMissing, cleanEnvironment, execute, repository } from "./dist.test-support.ts";

beforeAll(buildIfMissing, 120_000);

test("the packed packages install and work from ESM, from CommonJS and through npx", {
  timeout: 240_000,
}, async () => {
  const script = join(repository, "scripts/check-packages.js");
  const { stdout } = await execute(process.execPath, [script], { env: cleanEnvironment() });
  expect(stdout).toMatch(/\d+ packages are fine\n$/);
});
