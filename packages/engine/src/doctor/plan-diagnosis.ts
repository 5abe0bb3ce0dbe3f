import type { CatalogTombstone } from "@shale/format";
import { dayOf, dayText } from "@shale/model";
import type { ProjectStatus, WriterStatus } from "../store.ts";
import type { Diagnosis, DiagnosisFinding } from "./diagnosis.ts";
import type { DoctorFacts, StandingClaim } from "./doctor-facts.ts";
import { reshardFindings } from "./reshard-findings.ts";

/** Limits from which on something counts as stuck and not as under way. */
export const doctorDefaults = {
  /** A drain is due at so many objects or bytes of a group's tail. */
  tailObjectsMin: 600,
  tailBytesMin: 67_108_864,
  /** Day files of a shard-day, on average. */
  filesPerShardDayMin: 4,
  /** A job that began so long ago and is of a process that nothing is known of. */
  claimAgeMsMin: 3_600_000,
} as const;

/** What is stuck, and which command is next. Pure; those that need a person come first. */
export function planDiagnosis(facts: DoctorFacts): Diagnosis {
  const findings = [
    ...damageFindings(facts),
    ...(facts.status === undefined ? [] : writerFindings(facts.status)),
    ...claimFindings(facts),
    ...tailFindings(facts.status),
    ...fileFindings(facts),
    ...deleteFindings(facts),
    ...retentionFindings(facts),
    ...reshardFindings(facts),
    ...garbageFindings(facts),
  ].sort((a, b) => Number(b.needsPerson) - Number(a.needsPerson));
  return { ok: !findings.some(({ needsPerson }) => needsPerson), findings };
}

function damageFindings({ damage }: DoctorFacts): readonly DiagnosisFinding[] {
  return damage.map(({ object, message }) => ({
    code: "DAMAGE",
    what: `${object} cannot be used: ${message}`,
    next: "shale verify, then docs/damage.md",
    needsPerson: true,
  }));
}

function writerFindings({ writers, unreadableLogs }: ProjectStatus): readonly DiagnosisFinding[] {
  const logs = unreadableLogs.map(({ writer, folder, reason }): DiagnosisFinding => {
    return {
      code: "LOG_UNREADABLE",
      what: `The log of writer ${writer} in ${folder} cannot be read: ${reason}`,
      next: `put it right, or give its rows up with: shale writer forget ${writer}`,
      needsPerson: true,
    };
  });
  const unreadable = new Set(unreadableLogs.map(({ writer }) => writer));
  const silent = writers.filter(
    ({ state, writer }) => state === "unreachable" && !unreadable.has(writer),
  );
  return [...logs, ...silent.map(silentFinding)];
}

function silentFinding({ writer, host, pid, heartbeatAgeMs }: WriterStatus): DiagnosisFinding {
  const since =
    heartbeatAgeMs === null ? "has no heartbeat" : `is silent for ${textOfMs(heartbeatAgeMs)}`;
  return {
    code: "WRITER_SILENT",
    what: `Writer ${writer} (process ${pid} on ${host}) ${since}; its tail is not sealed`,
    next: `run shale status on ${host}, which takes its log over; if that disk is lost: shale writer forget ${writer}`,
    needsPerson: true,
  };
}

function claimFindings({ claims, nowMs }: DoctorFacts): readonly DiagnosisFinding[] {
  return claims
    .filter(
      ({ owner, claim }) =>
        owner === "dead" ||
        (owner === "unknown" && nowMs - claim.startedMs >= doctorDefaults.claimAgeMsMin),
    )
    .map(({ spec, group, claim }: StandingClaim): DiagnosisFinding => {
      const who = `process ${claim.owner.pid} on ${claim.owner.host}`;
      return {
        code: "CLAIM_ABANDONED",
        what: `The ${claim.kind} ${claim.id} of ${who} holds group ${group} of spec ${spec} and will not end`,
        next: "shale collect",
        needsPerson: false,
      };
    });
}

function tailFindings(status: ProjectStatus | undefined): readonly DiagnosisFinding[] {
  const tail = status?.files?.filter(({ kind }) => kind === "tail") ?? [];
  const bytes = tail.reduce((sum, file) => sum + file.bytes, 0);
  const isLong =
    tail.length >= doctorDefaults.tailObjectsMin || bytes >= doctorDefaults.tailBytesMin;
  if (!isLong) return [];
  const what = `${tail.length} tail objects (${bytes} bytes) are in no day file: queries read them all`;
  return [{ code: "TAIL_LONG", what, next: "shale compact", needsPerson: false }];
}

function fileFindings({ entries }: DoctorFacts): readonly DiagnosisFinding[] {
  const shardDays = new Set(entries.map(({ shard, day }) => `${shard}/${day}`)).size;
  if (shardDays === 0 || entries.length < doctorDefaults.filesPerShardDayMin * shardDays) return [];
  const what = `${entries.length} day files hold ${shardDays} shard-days: queries open several for each`;
  return [{ code: "FILES_MANY", what, next: "shale compact", needsPerson: false }];
}

function deleteFindings(facts: DoctorFacts): readonly DiagnosisFinding[] {
  return facts.tombstones.map((tombstone) => {
    const { waits, next, needsPerson } = deleteWait(tombstone, facts);
    const what = `The user of tombstone ${tombstone.number} is hidden and not removed yet: ${waits}`;
    return { code: "DELETE_WAITS", what, next, needsPerson };
  });
}

interface Wait {
  readonly waits: string;
  readonly next: string;
  readonly needsPerson: boolean;
}

/** What of protocol D2 is not seen yet, the writers first: nothing else helps while one is missing. */
function deleteWait({ number, seq }: CatalogTombstone, facts: DoctorFacts): Wait {
  const { entries, heartbeats, status } = facts;
  const silent = status?.writers.find(({ state }) => state === "unreachable");
  if (silent !== undefined) {
    const waits = `writer ${silent.writer} on ${silent.host} may hold rows, and does not answer`;
    const next = `run shale status on ${silent.host}, or: shale writer forget ${silent.writer}`;
    return { waits, next, needsPerson: true };
  }
  const holding = heartbeats.find(
    ({ oldestUnflushedSeq }) => oldestUnflushedSeq !== null && oldestUnflushedSeq <= seq,
  );
  if (holding !== undefined) {
    const waits = `writer ${holding.ordinal} has not flushed its earlier rows`;
    return { waits, next: "wait for its next flush, then: shale compact", needsPerson: false };
  }
  const behind = entries.filter(({ tombstone }) => tombstone < number).length;
  if (behind > 0) {
    const waits = `${behind} day files were written before it`;
    return { waits, next: "shale compact", needsPerson: false };
  }
  const next = "shale compact, then twice: shale collect";
  return { waits: "the tail and the collections that follow", next, needsPerson: false };
}

function retentionFindings({
  retention,
  entries,
  nowMs,
}: DoctorFacts): readonly DiagnosisFinding[] {
  const { keepMs, firstDay } = retention;
  const wanted = keepMs === null ? Number.NEGATIVE_INFINITY : dayOf(nowMs - keepMs);
  const isDue = wanted > (firstDay ?? Number.NEGATIVE_INFINITY);
  const due = entries.filter(({ day }) => day < wanted).length;
  if (isDue && due > 0) {
    const what = `${due} day files are of days that are no longer to be kept`;
    return [{ code: "RETENTION_DUE", what, next: "shale collect", needsPerson: false }];
  }
  const hidden = entries.filter(({ day }) => firstDay !== null && day < firstDay).length;
  if (hidden === 0 || firstDay === null) return [];
  const what = `${hidden} day files are of days before ${dayText(firstDay)}, which are hidden`;
  return [{ code: "RETENTION_DUE", what, next: "shale compact", needsPerson: false }];
}

function garbageFindings(facts: DoctorFacts): readonly DiagnosisFinding[] {
  const { unlisted, condemned, unlistedCondemned } = facts;
  const findings: DiagnosisFinding[] = [];
  const rest = unlisted.objects - unlistedCondemned;
  if (rest > 0) {
    const what = `${rest} objects are listed by no manifest`;
    findings.push({ code: "GARBAGE", what, next: "shale collect", needsPerson: false });
  }
  if (condemned.objects > 0) {
    const what = `${condemned.objects} condemned objects (${condemned.bytes} bytes) wait for the end of their grace`;
    const next = "shale collect, once the grace has passed";
    findings.push({ code: "CONDEMNED_WAITS", what, next, needsPerson: false });
  }
  return findings;
}

function textOfMs(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
