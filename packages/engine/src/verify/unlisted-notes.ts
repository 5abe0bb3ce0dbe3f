import type { Processes } from "@shale/env";
import type { ManifestClaim } from "@shale/format";
import { claimOfOutput } from "@shale/format";
import type { GroupView } from "./group-view.ts";
import type { Listed, ProjectListing } from "./list-project.ts";
import type { VerificationNote } from "./verification.ts";
import { amountText } from "./verify-context.ts";

type Output = Listed<"page"> | Listed<"day-file">;

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
  const outputs: readonly Output[] = [...listing.ofKind("page"), ...listing.ofKind("day-file")];
  const unlisted: Output[] = [];
  const claimed: Output[] = [];
  for (const output of outputs) {
    const view = groups.find(({ spec, group }) => spec === output.spec && group === output.group);
    // Of a spec that is not there any more, or of a group that cannot be read: nothing is known.
    if (view === undefined || !view.isWhole || isListed(view, output)) continue;
    const { claims = [] } = view.manifest ?? {};
    const isClaimed = claims.some(({ id }) => id === claimOfOutput(output.id));
    (isClaimed ? claimed : unlisted).push(output);
  }
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

function isListed({ manifest, entries }: GroupView, { kind, id }: Output): boolean {
  const names: readonly { readonly id: string }[] =
    kind === "page" ? (manifest?.pages ?? []) : entries;
  return names.some((one) => one.id === id);
}

function abandonedNote({ id, kind, owner }: ManifestClaim): VerificationNote {
  const who = `process ${owner.pid} on ${owner.host}`;
  const message = `The ${kind} ${id} of ${who} ended without a commit; shale collect removes it`;
  return { code: "CLAIM_ABANDONED", object: id, message };
}

function addNote(
  notes: VerificationNote[],
  code: VerificationNote["code"],
  listed: readonly Pick<Output, "entry">[],
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
