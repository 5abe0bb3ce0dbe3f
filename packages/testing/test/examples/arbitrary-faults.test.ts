import fc from "fast-check";
import { arbitraryFaults, simulatedEnv } from "shale/testing";
import { expect, test } from "vitest";

test("a put that was answered can be read, whatever fails", () =>
  fc.assert(
    fc.asyncProperty(arbitraryFaults({ crashes: false }), fc.nat(), async (faults, seed) => {
      const env = simulatedEnv({ seed, faults });
      const put = env.store.put("a", new Uint8Array(1), { ifAbsent: true });
      const isWritten = await put.then(
        ({ written }) => written,
        () => false,
      );
      env.faults.setPlan({});
      if (isWritten) expect(await env.store.get("a")).toBeDefined();
    }),
  ));
