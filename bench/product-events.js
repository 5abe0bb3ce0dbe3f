// The clickstream of the examples with what makes a store work: an insert_id for every event, as
// unlike the others as a UUID is.
import { clickstream } from "../examples/clickstream.js";

/** 32 bits that follow from a number and look like any others (MurmurHash3's last step). */
function mixed(number) {
  let bits = Math.imul(number ^ (number >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}

function hex(number) {
  return mixed(number).toString(16).padStart(8, "0");
}

/** A text like a UUID: the same for the same number. */
function insertIdOf(number) {
  const [a, b, c, d] = [1, 2, 3, 4].map((part) => hex(Math.imul(number, 4) + part));
  return `${a}-${b.slice(0, 4)}-${b.slice(4)}-${c.slice(0, 4)}-${c.slice(4)}${d}`;
}

/** Batches of exactly `events` events over 30 days, roughly by time. */
export function* productEvents({ events, users = Math.ceil(events / 40), batchSize = 10_000 }) {
  let number = 0;
  for (const batch of clickstream({ events, users, batchSize })) {
    for (const event of batch) event.insert_id = insertIdOf(number++);
    yield batch;
  }
}
