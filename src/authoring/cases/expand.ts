import { foundText, oneOf } from "../../core/mistakes.ts";
import type { Result } from "../../core/result.ts";
import { promptMistakes, type Rehearsal, type Rehearsed, type RehearsedCall, type RehearsedTarget } from "../../gateway/index.ts";
import { listedNamed, type NoTarget, promptNamed, resourceAt, toolNamed } from "./aim.ts";
import { callerOf, defined } from "./caller.ts";
import type { WrittenCase } from "./case-files.ts";
import { type ShortCase, type Verb, verbs } from "./short-case.ts";
import { wantOf } from "./want.ts";
import type { CaseEntrypoint, GoldenCase } from "./whole-case.ts";

interface Expansion {
  readonly written: WrittenCase;
  readonly short: ShortCase;
  readonly rehearsal: Rehearsal;
  readonly caller: Rehearsed;
  /** Unix milliseconds. */
  readonly now: number;
  readonly note: (text: string) => void;
}

type Asked = Pick<GoldenCase, "entrypoint" | "input" | "want">;

/** Which members go with which verb; those that every case has are left out. */
const companions: Readonly<Record<string, readonly Verb[]>> = {
  args: ["call", "prompt"],
  drifted: ["call", "read", "prompt"],
  result: ["call", "read", "prompt"],
};

/** The whole case that a short one stands for, its input written as a gateway writes it; undefined after a mistake. */
export function expandCase(
  written: WrittenCase,
  short: ShortCase,
  rehearsal: Rehearsal,
  note: (text: string) => void,
): GoldenCase | undefined {
  const verb = verbOf(written, short);
  const now = Date.parse(short.at ?? written.shared.at);
  const caller = callerOf(written, short, rehearsal, now);
  if (verb === undefined || caller === undefined) return undefined;
  const expansion = { written, short, rehearsal, caller, now, note };
  const asked = verb === "list" ? askedList(expansion) : verb === "connect" ? askedConnect(expansion) : askedCall(expansion, verb);
  if (asked === undefined) return undefined;
  const { file, line } = written;
  return { name: short.name, ...asked, ...defined({ description: short.description }), file, line };
}

function verbOf({ tell }: WrittenCase, short: ShortCase): Verb | undefined {
  const [verb, ...others] = verbs.filter((one) => short[one] !== undefined);
  if (verb === undefined || others.length > 0) {
    const found = verb === undefined ? "nothing that is asked" : [verb, ...others].join(" and ");
    tell(verb === undefined ? [] : [others[0] ?? verb], { found, wanted: `exactly ${oneOf(verbs)}` });
    return undefined;
  }
  const strangers = Object.entries(companions).filter(([member, fit]) => Object.hasOwn(short, member) && !fit.includes(verb));
  for (const [member, fit] of strangers) tell([member], { found: `${member} with ${verb}`, wanted: `${member} with ${oneOf(fit)}` });
  return strangers.length === 0 ? verb : undefined;
}

function askedCall(expansion: Expansion, verb: "call" | "read" | "prompt"): Asked | undefined {
  const { written, short, rehearsal, caller, now } = expansion;
  const find = { call: toolNamed, read: resourceAt, prompt: promptNamed }[verb];
  const target = found(written, [verb], find(rehearsal, short[verb] ?? ""));
  const entrypoint = entrypointOf(short);
  const want = wantOf(written, entrypoint, short.want);
  if (target === undefined || want === undefined) return undefined;
  const args = fittingArgs(expansion, target);
  const call: RehearsedCall = { now, ...defined({ args, pinned: short.drifted === true ? false : undefined }) };
  if (short.result === undefined) return { entrypoint, input: rehearsal.callInput(caller, target, call), want };
  const { structured } = short.result;
  const bytes = structured === undefined ? 0 : Buffer.byteLength(JSON.stringify(structured));
  return { entrypoint, input: rehearsal.resultInput(caller, target, call, { bytes, ...defined(short.result) }), want };
}

/** A case that wants paths asks what a record of the call must not hold. */
function entrypointOf({ result, want }: ShortCase): CaseEntrypoint {
  if (result !== undefined) return "inspect";
  return typeof want === "object" && Object.hasOwn(want, "paths") ? "mask" : "decide";
}

/** As in a gateway: arguments that the pinned definition refuses are not shown to policy. */
function fittingArgs({ written, short: { name, args = {}, ...short }, note }: Expansion, target: RehearsedTarget): object | undefined {
  const mistakes = "tool" in target ? target.tool.validate(args) : "prompt" in target ? promptMistakes(target, args) : [];
  const given = Object.hasOwn(short, "args") || Object.keys(args).length > 0 ? args : undefined;
  if (mistakes.length === 0) return given;
  note(
    `${written.file}:${written.line}: "${name}": the arguments do not fit ${target.id} (${mistakes[0]}), so policy sees none, as in a gateway`,
  );
  return undefined;
}

function askedList({ written, short, rehearsal, caller, now }: Expansion): Asked | undefined {
  const want = wantOf(written, "discover", short.want);
  const names = short.list === "all" ? [...rehearsal.targets.tools.keys()] : (short.list ?? []);
  const targets = names.map((name, at) => found(written, ["list", at], listedNamed(rehearsal, name)));
  const known = targets.filter((target) => target !== undefined);
  const kinds = new Set(known.map(({ kind }) => kind));
  if (kinds.size > 1) written.tell(["list"], { found: [...kinds].join(" and "), wanted: "a list of one kind, as clients ask for it" });
  if (want === undefined || known.length < targets.length || kinds.size > 1) return undefined;
  const visible = indexesOf(written, want.visible, names);
  return visible && { entrypoint: "discover", input: rehearsal.listInput(caller, known, now), want: { visible } };
}

function indexesOf({ tell }: WrittenCase, visible: unknown, names: readonly string[]): readonly number[] | undefined {
  const wanted = Array.isArray(visible) ? visible.map(String) : [];
  const strangers = [...wanted.entries()].filter(([, name]) => !names.includes(name));
  for (const [at, name] of strangers)
    tell(["want", "visible", at], { found: foundText(name), wanted: "one of those in the list of this case" });
  return strangers.length > 0 ? undefined : wanted.map((name) => names.indexOf(name));
}

function askedConnect({ written, short, rehearsal, caller, now }: Expansion): Asked | undefined {
  const want = wantOf(written, "admit", short.want);
  const server = short.connect === true ? undefined : short.connect;
  if (server !== undefined && !rehearsal.catalog.servers.has(server)) {
    written.tell(["connect"], {
      found: foundText(server),
      wanted: `true, or the id of a server: ${oneOf([...rehearsal.catalog.servers.keys()])}`,
    });
    return undefined;
  }
  return want && { entrypoint: "admit", input: rehearsal.admitInput(caller, server, now), want };
}

function found(
  written: WrittenCase,
  steps: readonly PropertyKey[],
  target: Result<RehearsedTarget, NoTarget>,
): RehearsedTarget | undefined {
  if (target.ok) return target.value;
  written.tell(steps, target.error);
  return undefined;
}
