import { loadCatalog } from "@shale/catalog";
import { ShaleError } from "@shale/model";
import { cancellable } from "../close-errors.ts";
import { diagnoseProject } from "../doctor/diagnose-project.ts";
import type { Project } from "../store.ts";
import { verifyProject } from "../verify/verify-project.ts";
import type { ProjectParts } from "./project-parts.ts";
import { readStatus } from "./read-status.ts";

/** The verbs that look at how a project is kept, and change nothing. */
export function inspectionVerbsOf(
  parts: ProjectParts,
  checkOpen: (what: string) => void,
): Pick<Project, "retention" | "verify" | "diagnose"> {
  const { env, project, hasher } = parts;
  return {
    async retention() {
      checkOpen("read the retention");
      const catalog = await loadCatalog(env, project);
      if (catalog !== undefined) return catalog.retention;
      throw new ShaleError("PROJECT_NOT_FOUND", `Cannot find project "${project}" in this store`);
    },
    async verify(options = {}) {
      checkOpen("verify");
      return await cancellable("verify", options.signal, () =>
        verifyProject(env, project, { ...options, hasher }),
      );
    },
    async diagnose({ signal } = {}) {
      checkOpen("diagnose");
      const readFiles = () => readStatus(parts, { files: true });
      return await cancellable("diagnose", signal, () =>
        diagnoseProject(env, project, { readStatus: readFiles, signal }),
      );
    },
  };
}
