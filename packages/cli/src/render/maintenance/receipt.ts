import type { DeletionReceipt } from "@shale/engine";
import { countText } from "../numbers.ts";
import type { Layout } from "../table.ts";
import { tableText } from "../table.ts";
import { wrapText } from "../text.ts";

/** What to keep as a proof: it names nobody. */
export function receiptText({ tombstones, atMs, specs }: DeletionReceipt, layout: Layout): string {
  const users = new Set(tombstones.map(({ userHash }) => userHash)).size;
  const time = new Date(atMs).toISOString();
  const table = tableText(
    [
      { title: "user hash" },
      { title: "tombstone", align: "right" },
      { title: "up to seq", align: "right" },
    ],
    tombstones.map(({ userHash, number, seq }) => [userHash, String(number), String(seq)]),
    layout,
  );
  const lines = [
    `${countText(users, "user")} hidden at ${time}`,
    `removed for good from spec ${specs.join(", ")} by: shale compact, then shale collect`,
  ];
  return [...lines.flatMap((line) => wrapText(line, layout.width)), "", table].join("\n");
}
