import { simulatedEnv } from "shale/testing";
import { expect, test } from "vitest";

test("a put whose reply is lost has taken effect", async () => {
  const faults = { rules: [{ at: 1, what: ["put"], fault: { kind: "after" } }] } as const;
  const env = simulatedEnv({ seed: 1, faults });
  const put = env.store.put("a", new Uint8Array(1), { ifAbsent: true });
  await expect(put).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
  expect(await env.store.get("a")).toBeDefined();
  expect(env.faults.trace.map(({ outcome }) => outcome)).toEqual(["reply lost, written", "found"]);
});
