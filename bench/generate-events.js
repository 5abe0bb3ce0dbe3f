// node bench/generate-events.js EVENTS: so many product events as NDJSON on standard output.
import { once } from "node:events";
import { productEvents } from "./product-events.js";

for (const batch of productEvents({ events: Number(process.argv[2]) })) {
  const text = `${batch.map((event) => JSON.stringify(event)).join("\n")}\n`;
  if (!process.stdout.write(text)) await once(process.stdout, "drain");
}
