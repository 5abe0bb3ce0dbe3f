import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { errorCodes, ShaleError } from "./errors.ts";
import { rejectionCodes } from "./events.ts";

const path = fileURLToPath(new URL("../../../docs/errors.md", import.meta.url));

const exitCodes = {
  invalid: 64,
  corrupt: 65,
  unavailable: 69,
  conflict: 75,
  closed: 75,
  configuration: 78,
  cancelled: 130,
} as const;

function errorsDocument(): string {
  const errors = Object.entries(errorCodes).map(
    ([code, [kind, hint]]) => `| \`${code}\` | ${kind} | ${exitCodes[kind]} | ${hint} |`,
  );
  const rejections = Object.entries(rejectionCodes).map(
    ([code, meaning]) => `| \`${code}\` | ${meaning} |`,
  );
  return [
    "# Errors",
    "",
    "Written from the tables in `packages/model`; do not edit. A code is stable within a major version, a message is not.",
    "",
    "## Errors of calls and commands",
    "",
    "Each is a `ShaleError` with `code`, `kind`, `hint` and `cause`. The exit code is the command line's.",
    "A bug in Shale itself exits with 70.",
    "",
    "| Code | Kind | Exit | What to do |",
    "| --- | --- | --- | --- |",
    ...errors,
    "",
    "## Codes of rejected events",
    "",
    "A bad event is refused alone; the good ones of the same call are kept. The command line exits with 65.",
    "",
    "| Code | Meaning |",
    "| --- | --- |",
    ...rejections,
    "",
  ].join("\n");
}

test("docs/errors.md says what the tables say (UPDATE_DOCS=1 writes it)", () => {
  if (process.env["UPDATE_DOCS"] === "1") writeFileSync(path, errorsDocument());
  expect(existsSync(path)).toBe(true);
  expect(readFileSync(path, "utf8")).toBe(errorsDocument());
});

test("every hint is a sentence without a full stop", () => {
  for (const [code, [, hint]] of Object.entries(errorCodes)) {
    expect(hint, code).toMatch(/^[A-Z].{10,}[^.]$/);
  }
});

test("a ShaleError says whether a repeat may help", () => {
  expect(new ShaleError("CATALOG_CONFLICT", "Cannot commit").retryable).toBe(true);
  expect(new ShaleError("QUERY_INVALID", "Cannot ask", { path: "unit" })).toMatchObject({
    retryable: false,
    kind: "invalid",
    path: "unit",
  });
});
