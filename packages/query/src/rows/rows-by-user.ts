/** Row numbers user by user: user u has rows [starts[u], starts[u + 1]). */
export interface RowsByUser {
  readonly rows: Uint32Array;
  readonly starts: Uint32Array;
}

/** A counting sort, which keeps the order of each user's rows. `users`: by row, below userCount. */
export function rowsByUser(users: Uint32Array, userCount: number): RowsByUser {
  const ends = new Uint32Array(userCount + 1);
  for (let row = 0; row < users.length; row++) {
    const next = (users[row] ?? 0) + 1;
    ends[next] = (ends[next] ?? 0) + 1;
  }
  for (let user = 1; user <= userCount; user++) {
    ends[user] = (ends[user] ?? 0) + (ends[user - 1] ?? 0);
  }
  const starts = ends.slice();
  const rows = new Uint32Array(users.length);
  for (let row = 0; row < users.length; row++) {
    const user = users[row] ?? 0;
    const at = ends[user] ?? 0;
    rows[at] = row;
    ends[user] = at + 1;
  }
  return { rows, starts };
}
