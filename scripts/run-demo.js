// The demo: a month of a web shop's clickstream, asked a few questions, then resharded while events
// keep coming. `npm run demo`.
// It needs nothing but Node and npm: it installs and builds first.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
// The test of this script makes a smaller demo elsewhere, in a checkout that is built.
const folder = process.env.SHALE_DEMO_FOLDER ?? join(root, "demo-data");
const EVENTS = Number(process.env.SHALE_DEMO_EVENTS ?? 1_000_000);
const RANGE = ["--from", "2026-10-01", "--to", "2026-10-31"];
const isTerminal = process.stderr.isTTY === true;

const stages = [];
async function timed(name, work) {
  const startMs = performance.now();
  const result = await work();
  stages.push([name, (performance.now() - startMs) / 1_000]);
  return result;
}

function bootstrap() {
  const options = { cwd: root, stdio: ["ignore", 2, 2], shell: process.platform === "win32" };
  const { status, error } = spawnSync("npm", ["run", "-s", "bootstrap"], options);
  if (status !== 0) throw new Error("Cannot install and build", { cause: error });
}

/** Removes what an earlier demo left, and nothing else. */
async function clearFolder({ openStore }) {
  if (!existsSync(folder)) return;
  const store = await openStore({ root: folder, readOnly: true });
  const projects = await store.projects();
  await store.close();
  const isDemo = projects.every((id) => id === "demo");
  if (!isDemo || (projects.length === 0 && readdirSync(folder).length > 0)) {
    throw new Error(`${folder} holds something else than a demo: move it away first`);
  }
  rmSync(folder, { recursive: true });
}

function drawProgress(done, startMs) {
  if (!isTerminal) return;
  const share = done / EVENTS;
  const bar = "█".repeat(Math.round(share * 30)).padEnd(30, "░");
  const perSecond = Math.round(done / ((performance.now() - startMs) / 1_000));
  process.stderr.write(
    `\r\u001b[2K  ${bar} ${Math.floor(share * 100)} %  ${perSecond.toLocaleString("en")} events/s`,
  );
}

/** Appends through the library: two batches are always on their way. */
async function ingest({ openStore }, { clickstream }) {
  const store = await openStore({ root: folder });
  try {
    const project = await store.project("demo", { shards: 8 });
    const startMs = performance.now();
    const pending = [];
    let done = 0;
    for (const batch of clickstream({ events: EVENTS })) {
      pending.push(project.append(batch));
      if (pending.length < 2) continue;
      done += (await pending.shift()).accepted;
      drawProgress(done, startMs);
    }
    for (const ack of await Promise.all(pending)) done += ack.accepted;
    await project.flush();
    if (isTerminal) process.stderr.write("\r\u001b[2K");
    console.log(`${done.toLocaleString("en")} events appended, flushed and committed`);
  } finally {
    await store.close();
  }
}

const shown = (argv) => argv.map((one) => (/[^\w./:=-]/.test(one) ? `'${one}'` : one)).join(" ");

/** Runs one command as a user would, in this process. */
async function ask({ runCli }, name, argv) {
  console.log(`\n$ shale ${shown(argv)} --root demo-data --project-id demo`);
  const { env, stdin, stdout, stderr } = process;
  const exitCode = await timed(name, () =>
    runCli({
      argv: [...argv, "--root", folder, "--project-id", "demo"],
      env,
      stdin,
      stdout,
      stderr,
    }),
  );
  if (exitCode !== 0) throw new Error(`The command ended with ${exitCode}`);
}

const DAY_MS = 86_400_000;
const LIVE_DAY_MS = Date.UTC(2026, 9, 31);

/** Appends a batch of that day again and again, until it is told to stop. */
function keepAppending(project) {
  let stopped = false;
  let appended = 0;
  const failed = [];
  const ended = (async () => {
    while (!stopped) {
      const batch = Array.from({ length: 50 }, () => ({
        event: appended % 5 === 0 ? "purchase" : "view_product",
        user_id: `visitor-${appended % 997}`,
        time: LIVE_DAY_MS + ((appended++ * 7_919) % DAY_MS),
        properties: { price: appended % 100 },
      }));
      await project.append(batch);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  })().catch((error) => failed.push(error));
  return async () => {
    stopped = true;
    await ended;
    if (failed.length > 0) throw failed[0];
    await project.flush();
    return appended;
  };
}

/** Three answers over the month before that day, as text. */
async function answersOf(project) {
  const range = { from: "2026-10-01", to: "2026-10-31" };
  const steps = [{ event: "view_product" }, { event: "add_to_cart" }, { event: "purchase" }];
  const select = { event: "purchase" };
  const queries = [
    { kind: "funnel", ...range, steps, window: "7d" },
    { kind: "retention", ...range, birth: {}, return: select, unit: "week" },
    {
      ...{ kind: "segmentation", ...range, unit: "day", by: ["country"] },
      series: [
        { select, measure: "unique" },
        { select, measure: { sum: "price" } },
      ],
    },
  ];
  const answers = [];
  for (const query of queries) {
    const { meta: _, ...answer } = await project.query(query);
    answers.push(JSON.stringify(answer));
  }
  return answers;
}

async function checkAnswers(project, before, what) {
  const answers = await answersOf(project);
  if (answers.some((answer, index) => answer !== before[index])) {
    throw new Error(`The answers differ after the ${what}`);
  }
  console.log(`\nfunnel, retention and purchases by country: the same after the ${what}`);
}

/** From 8 to 32 shards, and back, while events keep coming. */
async function reshard({ openStore }, cli) {
  const store = await openStore({ root: folder });
  try {
    const project = await store.project("demo");
    const before = await answersOf(project);
    console.log("\nFrom here on another program appends events of 31 October.");
    const stopAppending = keepAppending(project);
    await ask(cli, "begin it", ["reshard", "begin", "--num-data-shards=32"]);
    await ask(cli, "copy into 32 shards", ["reshard", "backfill", "--new-sharding-spec=B"]);
    await ask(cli, "compare both", ["reshard", "validate", "--new-sharding-spec=B"]);
    await ask(cli, "let the 32 answer", ["reshard", "finalize", "--new-sharding-spec=B"]);
    await checkAnswers(project, before, "finalize");
    await ask(cli, "and the 8 again", ["reshard", "rollback"]);
    await checkAnswers(project, before, "rollback");
    const appended = await stopAppending();
    const { series } = await project.query({
      ...{ kind: "segmentation", from: "2026-10-31", to: "2026-11-01", unit: "range" },
      series: [{ select: {}, measure: "total" }],
    });
    const found = series[0].overall.range;
    if (found !== appended) throw new Error(`${found} of ${appended} new events were found`);
    console.log(`\n${appended.toLocaleString("en")} events were appended meanwhile, and are there`);
  } finally {
    await store.close();
  }
  await ask(cli, "look where it stands", ["reshard", "status"]);
}

async function busiestUser({ openStore }) {
  const store = await openStore({ root: folder, readOnly: true });
  try {
    const project = await store.project("demo");
    const answer = await project.query({
      kind: "segmentation",
      from: "2026-10-01",
      to: "2026-10-31",
      unit: "range",
      series: [{ select: { event: "purchase" }, measure: "total" }],
      by: ["$user_id"],
      limit: 1,
    });
    return String(answer.series[0].segments[0].by[0]);
  } finally {
    await store.close();
  }
}

async function main() {
  if (process.env.SHALE_DEMO_BUILT !== "1") bootstrap();
  const shale = await import("../packages/shale/dist/index.js");
  const cli = await import("../packages/cli/dist/index.js");
  const generator = await import("../examples/clickstream.js");
  await clearFolder(shale);

  console.log(`A month of a web shop: ${EVENTS.toLocaleString("en")} events`);
  await timed("make events and ingest them", () => ingest(shale, generator));
  await ask(cli, "compact them into day files", ["compact"]);
  await ask(cli, "events per day", ["segment", ...RANGE]);
  await ask(cli, "purchases by country", [
    "segment",
    "purchase",
    ...RANGE,
    "--unit",
    "range",
    "--by",
    "country",
  ]);
  await ask(cli, "unique users per week", [
    "segment",
    ...RANGE,
    "--unit",
    "week",
    "--measure",
    "unique",
  ]);
  const user = await timed("find the busiest buyer", () => busiestUser(shale));
  await ask(cli, "one user's timeline", [
    "timeline",
    user,
    "--limit",
    "15",
    "--from",
    "2026-10-20",
  ]);

  await ask(cli, "look at the files", ["status"]);
  await ask(cli, "check every row", ["verify", "--full"]);
  await reshard(shale, cli);

  const total = stages.reduce((sum, [, seconds]) => sum + seconds, 0);
  console.log("\nseconds  stage");
  for (const [name, seconds] of [...stages, ["together", total]]) {
    console.log(`${seconds.toFixed(2).padStart(7)}  ${name}`);
  }
  console.log(`
The store stays in demo-data. Go on with:
  node packages/shale/bin/shale.js schema --root demo-data --project-id demo
  node packages/shale/bin/shale.js segment view_product add_to_cart purchase --from 2026-10-01 --to 2026-10-31 --measure unique --unit week --root demo-data --project-id demo
  node packages/shale/bin/shale.js segment purchase --by platform --where 'price>=20' --from 2026-10-01 --to 2026-10-31 --root demo-data --project-id demo
  node packages/shale/bin/shale.js timeline ${user} --desc --root demo-data --project-id demo
  node packages/shale/bin/shale.js reshard validate --full --root demo-data --project-id demo
  node packages/shale/bin/shale.js collect --dry-run --root demo-data --project-id demo
  node packages/shale/bin/shale.js --help`);
}

await main();
