// Take NDJSON from any stream of bytes; bad lines are listed, the rest is kept.
import { Readable } from "node:stream";
import { openStore } from "shale";

const lines = [
  '{"event":"view","user_id":"ann","time":"2026-10-01T09:00:00Z"}',
  '{"event":"view","user_id":"bob","time":"yesterday"}',
  '{"event":"view"',
  '{"event":"view","user_id":"cid","time":1790845200000}',
];

const store = await openStore({ root: ":memory:" });
try {
  const project = await store.project("default");
  const bytes = Readable.from([Buffer.from(lines.join("\n"))]);
  const report = await project.ingest([{ file: "web.ndjson", bytes }], { insertIds: "file-line" });
  console.log(`${report.accepted} accepted, ${report.rejectedCount} rejected`);
  for (const { file, line, code } of report.rejected) console.log(`${file}:${line} ${code}`);
} finally {
  await store.close();
}
