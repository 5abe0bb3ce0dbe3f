// Events as the performance page describes them: 40 names, users of very different activity,
// country (60), platform (4), page (1,000), price, is_new. Times differ, so that no two engines can
// order two events of a user in two ways. The same options always give the same events.

export const START_MS = Date.UTC(2026, 9, 1);
export const DAYS = 30;
const SPAN_MS = DAYS * 86_400_000;
const NAMES = [
  ...["view", "click", "search", "scroll", "session_start", "session_end", "open_app", "share"],
  ...["like", "comment", "follow", "login", "logout", "profile_view", "settings_change"],
  ...["video_play", "video_pause", "video_end", "remove_from_cart", "add_to_wishlist"],
  ...["coupon_apply", "review_submit", "rating_submit", "help_open", "chat_start", "chat_end"],
  ...["filter_apply", "sort_apply", "invite_send", "invite_accept", "subscribe", "unsubscribe"],
  ...["error_shown", "feature_used", "export_data", "notification_open"],
];
const PLATFORMS = ["ios", "android", "web", "other"];

/** Uniform in [0, 1), the same for the same number (MurmurHash3's last step). */
function uniform(number, salt) {
  let bits = Math.imul(number ^ Math.imul(salt, 0x9e3779b1), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return ((bits ^ (bits >>> 16)) >>> 0) / 4_294_967_296;
}

/** 0 to count - 1, the low ones much more often. */
function zipf(chance, count) {
  return Math.min(count, Math.floor(Math.exp(chance * Math.log(count + 1)))) - 1;
}

function nameOf(i, isFirst) {
  if (isFirst) return "signup";
  const chance = uniform(i, 12);
  if (chance < 0.07) return "add_to_cart";
  if (chance < 0.1) return "checkout";
  if (chance < 0.125) return "purchase";
  return NAMES[zipf(uniform(i, 13), NAMES.length)];
}

/** Batches of `events` events in the order of their times. */
export function* shopEvents({ events, users = Math.ceil(events / 40), batchSize = 10_000 }) {
  const firstMs = new Float64Array(users);
  const stepMs = SPAN_MS / events;
  let batch = [];
  for (let i = 0; i < events; i++) {
    const user = Math.floor(users * uniform(i, 1) ** 2.2);
    const timeMs = START_MS + Math.floor(i * stepMs);
    const isNew = uniform(user, 2) < 0.4;
    const isFirst = isNew && firstMs[user] === 0;
    if (firstMs[user] === 0) firstMs[user] = timeMs;
    const event = nameOf(i, isFirst);
    const own = PLATFORMS[zipf(uniform(user, 3), 4)];
    const properties = {
      country: `C${String(zipf(uniform(user, 4), 60)).padStart(2, "0")}`,
      platform: uniform(i, 5) < 0.9 ? own : PLATFORMS[Math.floor(4 * uniform(i, 6))],
      page: `/p/${zipf(uniform(i, 7), 1000)}`,
      is_new: isNew && timeMs < firstMs[user] + 86_400_000,
    };
    if (event === "purchase" || event === "add_to_cart") {
      properties.price = Math.round(100 * (5 + 20 * uniform(i, 8) ** 2)) / 100;
    }
    batch.push({ event, user_id: `u_${user}`, time: timeMs, insert_id: `e${i}`, properties });
    if (batch.length < batchSize) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
