import type { BundleData } from "../../parts/catalog/index.ts";
import type { Workbench } from "../workbench/index.ts";
import type { AccessTarget } from "./access.ts";

/** A path below `input`, as the bundle tells it of a package. */
type ReadPath = readonly string[];

/** Which parts of the clock rules look at. `exact`: more than hour, minute and weekday. */
export type ClockPart = "hour" | "minute" | "weekday" | "exact";

/** What decides about the targets of one kind of one server, as far as the bundle says it of its packages. */
export interface Judges {
  /** Every input path that can be read; `undefined` where that cannot be told of one package. */
  readonly reads: readonly ReadPath[] | undefined;
  /** Whether a rule beside the roles can permit. */
  readonly permit: boolean;
  /** Whether calls are judged beyond what is listed, or bound to anything. */
  readonly judgeCalls: boolean;
  /** Whether rules look at the arguments of any target here. */
  readonly arguments: boolean;
  /** What the tables ask of everybody for the target of this name, as text; empty for nothing. */
  readonly obliged: (name: string) => string;
  /** Empty where time decides nothing that can be tried. */
  readonly clock: ReadonlySet<ClockPart>;
  /** Whether a rule that looks at the clock can permit, and whether one judges calls. */
  readonly permitByClock: boolean;
  readonly callsByClock: boolean;
  /** What a table cannot try. */
  readonly facts: Facts;
  /** Of these, what may make known what roles do not permit. */
  readonly permitFacts: Facts;
}

/** For a caller with a user, and for one without. */
export interface Facts {
  readonly user: readonly string[];
  readonly alone: readonly string[];
}

const everyRule = ["permit", "deny", "constrain", "oblige"] as const;
type Rule = (typeof everyRule)[number];

/** Of a package whose reads nobody can tell, everything that a caller may bring is to be reckoned with. */
const everyFact = [
  ...["agent.instance", "client", "delegation", "network", "request", "session", "time"],
  ...["user.auth", "user.email", "user.id", "user.issuer"],
];

/** Heads of paths that are the same for all, or that caller and target make up, so that the table has tried them. */
const settled: ReadonlySet<string> = new Set([
  ...["phase", "method", "tenant", "environment", "principal", "server", "tool", "prompt", "resource", "limits"],
  ...["items", "findings", "result", "completion", "sampling", "elicitation", "roots", "extension", "args", "args_digest"],
]);
const triedOfUsers: ReadonlySet<string> = new Set(["groups", "roles"]);
const untriedOfUsers = ["auth", "email", "id", "issuer"];

interface Judge {
  readonly reads: readonly ReadPath[] | undefined;
  readonly rules: ReadonlySet<Rule>;
  readonly clock: ReadonlySet<ClockPart>;
  readonly source: string | undefined;
}

export interface PolicyFacts {
  readonly data: BundleData;
  /** The Rego of each package. */
  readonly sources: ReadonlyMap<string, string>;
}

export function policyFactsOf({ data, modules }: Pick<Workbench, "data" | "modules">): PolicyFacts {
  const sources = new Map<string, string>();
  for (const text of modules.values()) {
    const name = /^\s*package\s+policy\.(\w+)/m.exec(text)?.[1];
    if (name !== undefined) sources.set(name, `${sources.get(name) ?? ""}\n${text}`);
  }
  return { data, sources };
}

export function judgesOf({ data, sources }: PolicyFacts, server: string, kind: AccessTarget["kind"]): Judges {
  const judges = (own(data.index, server) ?? []).flatMap((name) => judgeOf(data, sources.get(name), name, kind) ?? []);
  const calling = judges.filter(judgesCalls);
  const obliged = own(data.obliged, server)?.[kind] ?? {};
  return {
    reads: judges.every(({ reads }) => reads !== undefined) ? judges.flatMap(({ reads }) => reads ?? []) : undefined,
    permit: judges.some(({ rules }) => rules.has("permit")),
    judgeCalls: calling.length > 0 || Object.keys(obliged).length > 0,
    arguments: calling.some(readsArguments) || (kind === "resource" && judges.some(readsUri)),
    obliged: (name) => JSON.stringify(own(obliged, name)) ?? "",
    clock: new Set(judges.flatMap(({ clock }) => [...clock])),
    permitByClock: judges.some(({ rules, clock }) => rules.has("permit") && clock.size > 0),
    callsByClock: calling.some(({ clock }) => clock.size > 0),
    facts: factsOfAll(judges),
    permitFacts: factsOfAll(judges.filter(({ rules }) => rules.has("permit"))),
  };
}

function factsOfAll(judges: readonly Judge[]): Facts {
  const user = [...new Set(judges.flatMap(factsOf))].sort();
  return { user, alone: user.filter((fact) => !fact.startsWith("user.")) };
}

/** A package that says nothing about the answer to a call is none of the judges. */
function judgeOf(data: BundleData, source: string | undefined, name: string, kind: string): Judge | undefined {
  const kinds = own(data.index_kinds, name);
  const declared = own(data.catalog.rules, name) ?? everyRule;
  const judging = kinds === undefined || kinds.includes(kind);
  // What is denied to a principal that connects is denied to each of its calls; its other rules are not asked.
  const asked: readonly Rule[] = judging ? everyRule : kinds.includes("admit") ? ["deny"] : [];
  const rules = new Set(asked.filter((rule) => declared.includes(rule)));
  if (rules.size === 0) return undefined;
  const reads = own(data.catalog.reads, name);
  return { reads, rules, clock: clockOf(reads, source), source };
}

/** Where reads cannot be told, only a text without the word says that nobody looks at the clock. */
function clockOf(reads: readonly ReadPath[] | undefined, source: string | undefined): ReadonlySet<ClockPart> {
  const all = new Set<ClockPart>(["hour", "minute", "weekday", "exact"]);
  if (reads === undefined) return source !== undefined && !/time|\\u/i.test(source) ? new Set() : all;
  const parts = new Set<ClockPart>();
  for (const [head, part] of reads) {
    if (head !== "time" || part === "tz") continue;
    if (part === "hour" || part === "minute" || part === "weekday") parts.add(part);
    else return all;
  }
  return parts;
}

function judgesCalls({ rules }: Judge): boolean {
  return rules.has("constrain") || rules.has("oblige");
}

function readsArguments({ reads }: Judge): boolean {
  return reads === undefined || reads.some(([head]) => head === "args" || head === "args_digest");
}

/** An entry stands for many URIs, of which a table knows the beginning. */
function readsUri({ reads }: Judge): boolean {
  return (
    reads === undefined || reads.some(([head, part]) => head === "resource" && !["id", "entry", "template", "pinned"].includes(part ?? ""))
  );
}

function factsOf(judge: Judge): readonly string[] {
  const { reads, source = "", clock } = judge;
  if (reads === undefined) return everyFact;
  const facts = reads.flatMap((path) => (isOnlyTold(path, source) ? [] : factsAt(path, judge)));
  // Minutes are tried at two of sixty.
  return clock.has("exact") || clock.has("minute") ? [...facts, "time"] : facts;
}

function factsAt([head = "", part]: ReadPath, judge: Judge): readonly string[] {
  if (settled.has(head) || head === "time") return [];
  if (head === "user")
    return part === undefined ? untriedOfUsers.map((one) => `user.${one}`) : triedOfUsers.has(part) ? [] : [`user.${part}`];
  if (head === "agent") return part === undefined || part === "instance" ? ["agent.instance"] : [];
  // Permits and denials do not see the request: the library takes it away.
  if (head === "request") return judgesCalls(judge) ? [head] : [];
  // No call of this version has labels.
  if (head === "session" && part === "labels") return [];
  return [head];
}

/**
 * Whether a path stands in texts for people alone, as `{input.user.id}` in a message, and so decides nothing. In doubt it
 * decides: any other spelling of it, or one that might be another spelling, counts.
 */
function isOnlyTold(path: ReadPath, source: string): boolean {
  const [head = "", part] = path;
  if (part === undefined || head === "args") return false;
  const template = `{input.${path.join(".")}}`;
  if (!source.includes(template)) return false;
  const dense = source.replace(/\s+/g, "");
  const rest = dense.replaceAll(template, "");
  return (
    ![`${head}.${part}`, `${head}[`, `"${head}"`, "input[", "\\u"].some((spelling) => rest.includes(spelling)) &&
    !dense.includes(`:"${template}"`)
  );
}

function own<T>(table: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}
