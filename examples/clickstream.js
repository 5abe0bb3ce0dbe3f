// A web shop's clickstream, made up but shaped like a real one: some users come every day and most
// come once, days and hours have their rhythm, and each visit walks down a funnel.
// The same options always give the same events.

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const EVENTS_PER_VISIT = 6;

const countries = [
  ["IN", 0.34],
  ["US", 0.2],
  ["BR", 0.11],
  ["DE", 0.09],
  ["GB", 0.07],
  ["ID", 0.06],
  ["FR", 0.05],
  ["JP", 0.04],
  ["NG", 0.02],
  ["AU", 0.02],
];
const platforms = [
  ["android", 0.45],
  ["web", 0.35],
  ["ios", 0.2],
];
const categories = ["shoes", "shirts", "books", "games", "garden", "music", "kitchen", "toys"];
const pages = ["/", "/new", "/sale", "/about", "/help", ...categories.map((name) => `/${name}`)];
/** Share of a day's visits that begin in each hour, UTC. */
const hours = [2, 2, 3, 4, 5, 5, 6, 6, 5, 5, 5, 5, 5, 6, 6, 6, 6, 5, 5, 4, 3, 3, 2, 2];
/** Sunday first. */
const weekdays = [0.75, 1, 1.05, 1.1, 1.05, 1, 0.8];

/** Uniform in [0, 1), the same for the same seed (mulberry32). */
function seededRandom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let z = Math.imul(state ^ (state >>> 15), state | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    return ((z ^ (z >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Running sums of weights, to draw from with `drawn`. */
function sumsOf(weights) {
  const sums = new Float64Array(weights.length);
  let sum = 0;
  weights.forEach((weight, index) => {
    sum += weight;
    sums[index] = sum;
  });
  return sums;
}

function drawn(sums, random) {
  const wanted = random() * sums[sums.length - 1];
  let low = 0;
  let high = sums.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sums[middle] > wanted) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Every visit as `offset in the range * users + user`, in order of time. */
function visitsOf({ events, users, days, fromMs }, random) {
  const count = Math.ceil(events / EVENTS_PER_VISIT);
  const dayIndexes = Array.from({ length: days }, (_, day) => day);
  // A sale in the last third brings more visits for three days.
  const daySums = sumsOf(
    dayIndexes.map((day) => {
      const weekday = new Date(fromMs + day * DAY_MS).getUTCDay();
      const sale = day >= Math.floor(days * 0.66) && day < Math.floor(days * 0.66) + 3 ? 1.6 : 1;
      return weekdays[weekday] * sale * (1 + day / (4 * days));
    }),
  );
  const hourSums = sumsOf(hours);
  // Everybody comes once; the other visits fall to few (Zipf, flattened at the top).
  const regulars = sumsOf(Array.from({ length: users }, (_, rank) => (rank + 30) ** -0.9));
  const visits = new Float64Array(count);
  for (let visit = 0; visit < count; visit++) {
    const user = visit < users ? visit : drawn(regulars, random);
    const startMs = (drawn(daySums, random) * 24 + drawn(hourSums, random)) * HOUR_MS;
    // A visit ends with its hour at the latest, so that none runs out of the range.
    const offsetMs = startMs + Math.floor(random() * 0.75 * HOUR_MS);
    visits[visit] = offsetMs * users + user;
  }
  return visits.sort();
}

/** The names of one visit's events: browsing, then as far down the funnel as it goes. */
function walkOf(extraMean, random) {
  const names = ["visit"];
  while (random() < extraMean / (1 + extraMean) && names.length < 40) {
    const kind = random();
    names.push(kind < 0.7 ? "view_page" : kind < 0.93 ? "search" : "share");
  }
  if (random() > 0.72) return names;
  names.push("view_product");
  if (random() < 0.12) names.push("write_review");
  if (random() > 0.45) return names;
  names.push("add_to_cart");
  if (random() < 0.2) names.push("remove_from_cart");
  if (random() > 0.55) return names;
  names.push("begin_checkout");
  if (random() < 0.25) names.push("sign_up");
  if (random() > 0.7) return names;
  names.push("add_payment");
  if (random() < 0.85) names.push("purchase");
  return names;
}

function propertiesOf(name, visitor, product, random) {
  const { country, platform } = visitor;
  switch (name) {
    case "visit":
    case "sign_up":
      return { country, platform };
    case "view_page":
    case "search":
    case "share":
      return { country, platform, page: pages[Math.floor(random() * random() * pages.length)] };
    default:
      return { country, platform, page: product.page, price: product.price };
  }
}

/**
 * Yields batches of events, roughly by time, exactly `events` of them.
 *
 * @param {{ seed?: number, events?: number, users?: number, days?: number, from?: string, batchSize?: number }} [options]
 */
export function* clickstream(options = {}) {
  const { seed = 1, events = 1_000_000, users: usersMax = 100_000, days = 30 } = options;
  const { from = "2026-10-01", batchSize = 10_000 } = options;
  const users = Math.max(1, Math.min(usersMax, Math.ceil(events / EVENTS_PER_VISIT)));
  const fromMs = Date.parse(`${from}T00:00:00Z`);
  const random = seededRandom(seed);
  const visits = visitsOf({ events, users, days, fromMs }, random);
  const countrySums = sumsOf(countries.map(([, share]) => share));
  const platformSums = sumsOf(platforms.map(([, share]) => share));
  let left = events;
  let batch = [];
  for (let visit = 0; visit < visits.length && left > 0; visit++) {
    const user = visits[visit] % users;
    let timeMs = fromMs + Math.floor(visits[visit] / users);
    const own = seededRandom(user + 1); // A user keeps country and platform over all visits.
    const visitor = {
      country: countries[drawn(countrySums, own)][0],
      platform: platforms[drawn(platformSums, own)][0],
    };
    const item = Math.floor(random() * random() * 500);
    const product = {
      page: `/${categories[item % categories.length]}/${item}`,
      price: Math.round(500 * Math.exp(3 * seededRandom(item)())) / 100,
    };
    // The rest of the events, spread over the rest of the visits, decides how long people browse.
    const wanted = left / (visits.length - visit);
    const names = walkOf(Math.max(0, wanted - 2.7), random);
    while (visit === visits.length - 1 && names.length < left) names.push("view_page");
    names.length = Math.min(names.length, left);
    for (const event of names) {
      batch.push({
        event,
        user_id: `user-${(user * 7_919) % users}`,
        time: timeMs,
        properties: propertiesOf(event, visitor, product, random),
      });
      timeMs += 1_000 + Math.floor(random() * 20_000);
    }
    left -= names.length;
    if (batch.length >= batchSize) {
      yield batch;
      batch = [];
    }
  }
  if (batch.length > 0) yield batch;
}
