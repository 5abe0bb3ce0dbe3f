import { copyFile, mkdir, readdir } from "node:fs/promises";
import { dirname, join } from "node:path";

/** Paths of files below `folder` of a root, sorted; none where there is no such folder. */
export async function pathsUnder(root: string, folder: string): Promise<string[]> {
  const entries = await readdir(join(root, folder), { withFileTypes: true }).catch(() => []);
  const paths: string[] = [];
  for (const entry of entries) {
    const path = `${folder}/${entry.name}`;
    if (entry.name.startsWith(".")) continue;
    if (entry.isDirectory()) paths.push(...(await pathsUnder(root, path)));
    else paths.push(path);
  }
  return paths.sort();
}

/** Copies a project file by file, in the order of docs/backup.md; `onFile` runs before each. */
export async function copyProject(
  source: string,
  target: string,
  { project, onFile = async () => undefined }: { project: string; onFile?: () => Promise<void> },
): Promise<void> {
  async function copy(paths: readonly string[]): Promise<void> {
    for (const path of paths) {
      await onFile();
      await mkdir(dirname(join(target, path)), { recursive: true });
      await copyFile(join(source, path), join(target, path)).catch(
        (error: NodeJS.ErrnoException) => {
          if (error.code !== "ENOENT") throw error; // Flushed or pruned since it was listed.
        },
      );
    }
  }
  const isManifest = (path: string): boolean => path.split("/")[2] === "manifest";
  const specs = async (): Promise<string[]> =>
    (await pathsUnder(source, project)).filter((path) => path.startsWith(`${project}/spec=`));
  await copy(await pathsUnder(source, `${project}/wal`));
  await copy((await specs()).filter(isManifest));
  await copy((await specs()).filter((path) => !isManifest(path)));
  await copy(await tailPaths(source, project));
  await copy(await pathsUnder(source, `${project}/catalog`));
}

/** What a second listing shows, up to the highest name of each writer in the first. */
async function tailPaths(source: string, project: string): Promise<string[]> {
  const first = await pathsUnder(source, `${project}/tail`);
  const tops = new Map(first.map((path) => [dirname(path), path]));
  const second = await pathsUnder(source, `${project}/tail`);
  return second.filter((path) => path <= (tops.get(dirname(path)) ?? ""));
}
