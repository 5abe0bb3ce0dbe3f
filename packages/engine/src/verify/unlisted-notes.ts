import type { ObjectEntry, Processes } from "@shale/env";
import type { ManifestClaim } from "@shale/format";
import type { GroupView } from "./group-view.ts";
import type { ProjectListing } from "./list-project.ts";
import { outputReachOf } from "./output-reach.ts";
import type { VerificationNote } from "./verification.ts";
import { amountText } from "./verify-context.ts";

/**
 * What stands beside what the manifests list. Nothing reads it, so it is not read here either. The
 * manifests were read after the listing: what they do not list by then, no new reader reaches.
 */
export function unlistedNotesOf(
  listing: ProjectListing,
  groups: readonly GroupView[],
  processes: Processes,
): readonly VerificationNote[] {
  const notes: VerificationNote[] = [];
  const reachOf = outputReachOf(groups);
  const outputs = [...listing.ofKind("page"), ...listing.ofKind("day-file")];
  const unlisted = outputs.filter((output) => reachOf(output) === "unlisted");
  const claimed = outputs.filter((output) => reachOf(output) === "claimed");
  addNote(notes, "UNLISTED", unlisted, "that no manifest lists; shale collect removes them");
  addNote(notes, "CLAIMED", claimed, "of jobs that have not committed yet");
  for (const { manifest } of groups) {
    for (const claim of manifest?.claims ?? []) {
      if (processes.stateOf(claim.owner) === "dead") notes.push(abandonedNote(claim));
    }
  }
  addNote(notes, "CONDEMNED", listing.ofKind("condemned"), "of condemned objects in their grace");
  addNote(notes, "OBJECT_UNKNOWN", listing.ofKind("unknown"), "that Shale did not make");
  return notes;
}

function abandonedNote({ id, kind, owner }: ManifestClaim): VerificationNote {
  const who = `process ${owner.pid} on ${owner.host}`;
  const message = `The ${kind} ${id} of ${who} ended without a commit; shale collect removes it`;
  return { code: "CLAIM_ABANDONED", object: id, message };
}

function addNote(
  notes: VerificationNote[],
  code: VerificationNote["code"],
  listed: readonly { readonly entry: ObjectEntry }[],
  what: string,
): void {
  const [first] = listed;
  if (first === undefined) return;
  const amount = amountText(
    listed.map(({ entry }) => entry),
    "object",
  );
  notes.push({ code, object: first.entry.key, message: `${amount} ${what}` });
}
