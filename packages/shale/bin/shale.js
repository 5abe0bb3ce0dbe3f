#!/usr/bin/env node
// Nothing is imported before the version check: an old Node would only say "SyntaxError".
const wanted = [20, 19];
const [major, minor] = process.versions.node.split(".").map(Number);

if (major < wanted[0] || (major === wanted[0] && minor < wanted[1])) {
  console.error(
    `shale needs Node ${wanted.join(".")} or later; this is ${process.versions.node} (${process.execPath})`,
  );
  process.exitCode = 78;
} else {
  run().then((exitCode) => {
    process.exitCode = exitCode;
  });
}

async function run() {
  const { runCli } = await import("@shale/cli");
  const stop = new AbortController();
  // The first Ctrl-C stops cleanly; then the listener is gone, and a second one ends the process.
  process.once("SIGINT", () => stop.abort());
  process.once("SIGTERM", () => stop.abort());
  try {
    return await runCli({
      argv: process.argv.slice(2),
      env: process.env,
      stdin: process.stdin,
      stdout: process.stdout,
      stderr: process.stderr,
      signal: stop.signal,
    });
  } finally {
    process.stdin.destroy(); // An open pipe would keep the process alive.
  }
}
