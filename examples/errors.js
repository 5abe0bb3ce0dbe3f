// Errors have a code, a kind that says what can be done, and a hint.
import { openStore, ShaleError } from "shale";

const store = await openStore({ root: ":memory:" });
try {
  const project = await store.project("default");
  const ack = await project.append([
    { event: "view", user_id: "ann", time: "2026-10-01T09:00:00Z" },
    { event: "view", user_id: "bob", time: Number.NaN },
  ]);
  // A bad event is no error: it is refused alone.
  console.log(`${ack.accepted} kept, refused: ${ack.rejected[0].index} ${ack.rejected[0].code}`);

  const series = [{ select: { event: "view" }, measure: "totals" }];
  const range = { from: "2026-10-01", to: "2026-11-01" };
  await project.query({ kind: "segmentation", unit: "day", ...range, series });
} catch (error) {
  if (!(error instanceof ShaleError)) throw error;
  console.log(`${error.code} (${error.kind}) at ${error.path}`);
  console.log(error.retryable ? "again later" : error.hint);
} finally {
  await store.close();
}
