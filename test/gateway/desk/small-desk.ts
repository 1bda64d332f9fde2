import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Digest } from "../../../src/core/digest.ts";
import { randomIds } from "../../../src/core/ids.ts";
import { noOperations, type OperationsState } from "../../../src/core/operations.ts";
import type { VerifiedToken } from "../../../src/core/principal.ts";
import { err, ok, type Result } from "../../../src/core/result.ts";
import { createDesk, type Desk, type DeskParts, type Operator } from "../../../src/gateway/desk/index.ts";
import { createMeter } from "../../../src/gateway/index.ts";
import type { RolloutRefusal } from "../../../src/gateway/rollouts/index.ts";
import { readCatalog } from "../../../src/parts/catalog/index.ts";
import { memoryLog, openLog } from "../../../src/parts/decisions/index.ts";
import { memoryOperations, type OperationsMemory, operationsMemory } from "../../../src/parts/operations/index.ts";
import { memoryReplicas, type Replicas } from "../../../src/parts/replicas/index.ts";
import { manualClock } from "../../../src/platform/clock.ts";
import { silentLogger } from "../../../src/platform/logger.ts";
import { bundleData, now, token } from "../../parts/catalog/sample-data.ts";

// The desk on a table of operators alone: bundles and rollouts are what a test says they are.

const issuer = "https://id";
const match = [{ issuer, client_id: "toolgate-cli" }];
const people = (roles: readonly string[], ...users: string[]) => ({ roles, match, users, modes: ["user_via_agent"] });

/** One user for each role, and two for none. */
export const operators: Record<string, unknown> = {
  viewers: people(["viewer"], "vera"),
  operators: people(["operator"], "olga", "otto"),
  approvers: people(["approver"], "paul"),
  auditors: people(["auditor"], "adam"),
};

export const network = { ip: "192.0.2.7", mtls: false };

export function bearerOf(user: string, extra: Partial<VerifiedToken> = {}): VerifiedToken {
  const own = { agent: "toolgate-cli", clientId: "toolgate-cli", delegation: [{ subject: "toolgate-cli" }] };
  return token({ ...own, subject: user, user: { id: user, issuer, groups: [] }, ...extra });
}

type Tables = ReturnType<typeof bundleData>["catalog"] & { operators?: Record<string, unknown> };

export interface DeskOptions {
  readonly memory?: OperationsMemory;
  readonly replicas?: Replicas;
  /** A log on disk; in memory otherwise. */
  readonly disk?: boolean;
  readonly clock?: ReturnType<typeof manualClock>;
}

/** A record, loosely. */
export interface Recorded {
  readonly [member: string]: Recorded | undefined;
}

export interface SmallDesk {
  readonly desk: Desk;
  readonly parts: DeskParts;
  readonly clock: ReturnType<typeof manualClock>;
  /** What the fake rollouts were asked for, in order. */
  readonly asked: readonly string[];
  /** What they answer from now on. */
  answer(result: Result<OperationsState, RolloutRefusal>): void;
  /** An `Authorization` value for a user of the table, or for any token. */
  bearer(who: string | VerifiedToken): string;
  /** Enters by the name of a user, or with a token. */
  enter(who: string | VerifiedToken): Promise<Operator>;
  /** Another promoted bundle from now on, or none. */
  promoted(change: ((catalog: Tables) => void) | undefined): void;
  /** A candidate beside it. */
  candidate(change: (catalog: Tables) => void): void;
  refuseRecords(detail: string | undefined): void;
  records(): readonly Recorded[];
  readonly bundles: Map<Digest, Uint8Array>;
}

export async function smallDesk({
  memory = operationsMemory(),
  replicas,
  disk,
  clock = manualClock(now),
}: DeskOptions = {}): Promise<SmallDesk> {
  const ids = randomIds();
  const inMemory = memoryLog({ clock, ids, instance: "test" });
  const logFolder = join(await mkdtemp(join(tmpdir(), "desk-")), "log");
  onTestFinished(() => rm(join(logFolder, ".."), { recursive: true, force: true }));
  await mkdir(logFolder);
  const opened =
    disk === true
      ? await openLog({ dir: logFolder, clock, ids, logger: silentLogger, segmentBytes: 1 << 20, stallMs: 2_000, instance: "test" })
      : undefined;
  if (opened?.ok === false) throw new Error(opened.error.detail);
  if (opened?.ok) onTestFinished(() => opened.value.log.close());
  const all = replicas ?? memoryReplicas(silentLogger);
  const operations = memoryOperations({ clock, replica: all.id, memory });
  operations.report({ replica: all.id, version: 0 });
  const asked: string[] = [];
  const bundles = new Map<Digest, Uint8Array>();
  let answer: Result<OperationsState, RolloutRefusal> = ok({ ...noOperations, version: 7 });
  const act = (what: string) => async () => {
    asked.push(what);
    return answer;
  };
  const make = (change: (catalog: Tables) => void, digest: string) => {
    const data = bundleData();
    const catalog: Tables = data.catalog;
    catalog.operators = structuredClone(operators);
    change(catalog);
    const read = readCatalog(data);
    if (!read.ok) throw new Error(JSON.stringify(read.error));
    return { catalog: read.value, bundleText: `"bundle":{"digest":"${digest}"}` };
  };
  const tables: { active: unknown; candidate: unknown } = { active: make(() => {}, "sha256:active"), candidate: undefined };
  const bearers = new Map<string, VerifiedToken>();
  const parts = {
    generations: { active: () => tables.active, candidate: () => tables.candidate },
    identity: {
      verify: async (authorization: string | undefined) => {
        const bearer = bearers.get(authorization ?? "");
        return bearer ? ok(bearer) : err({ code: "auth.bad_signature", detail: "it does not verify", issuer });
      },
      issuers: [issuer],
    },
    log: opened?.value.log ?? inMemory,
    meter: createMeter(),
    comparing: { note: () => {} },
    replicas: all,
    clock,
    ids,
    logger: silentLogger,
    operations,
    rollouts: {
      offer: act("offer"),
      stage: async () => {
        asked.push("stage");
        return answer.ok ? ok({ name: "demo", revision: "r2", sequence: 2, digest: `sha256:${"0".repeat(64)}`, signer: "k" }) : answer;
      },
      start: act("start"),
      promote: act("promote"),
      rollBack: act("rollBack"),
      status: async () => ({ state: operations.current(), replicas: [] }),
    },
    tenant: "default",
    environment: "demo",
    readiness: () => ({ ready: true, parts: {} }),
    logFolder,
    bundles: { read: async (digest: Digest) => bundles.get(digest) },
  } as unknown as DeskParts;
  const desk = createDesk(parts);
  const bearer = (who: string | VerifiedToken): string => {
    const name = `Bearer ${bearers.size}`;
    bearers.set(name, typeof who === "string" ? bearerOf(who) : who);
    return name;
  };
  return {
    desk,
    parts,
    clock,
    asked,
    bundles,
    answer: (result) => {
      answer = result;
    },
    bearer,
    async enter(who) {
      const entered = await desk.enter(bearer(who), network);
      if (!entered.ok) throw new Error(entered.error.code);
      return entered.value;
    },
    promoted: (change) => {
      tables.active = change && make(change, "sha256:next");
    },
    candidate: (change) => {
      tables.candidate = { generation: make(change, "sha256:candidate") };
    },
    refuseRecords: (detail) => inMemory.refuse(detail),
    records: () =>
      inMemory.lines().flatMap((line) => {
        const record = JSON.parse(line);
        return record.kind === "operator" ? [record] : [];
      }),
  };
}
