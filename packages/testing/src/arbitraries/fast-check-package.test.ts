import { expect, test, vi } from "vitest";

vi.mock("node:module", () => ({
  createRequire: () => () => {
    throw new Error("Cannot find module 'fast-check'");
  },
}));

test("without fast-check an arbitrary says which package is missing, and the rest works", async () => {
  const { arbitraryEvents, manualClock } = await import("../index.ts");
  expect(manualClock(5).nowMs()).toBe(5);
  expect(() => arbitraryEvents()).toThrow(
    expect.objectContaining({
      code: "PACKAGE_MISSING",
      message: expect.stringContaining("fast-check"),
    }),
  );
});
