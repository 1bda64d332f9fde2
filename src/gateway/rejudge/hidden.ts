import { type Pointer, parsePointer } from "../pointer.ts";
import { type AskedInput, isMembers, isTexts } from "./asked-input.ts";

/** A leaf that is not there any more, as the record names it. */
export interface HiddenLeaf {
  /** RFC 6901, with `*` for each element; empty for the whole input. */
  readonly path: string;
  readonly steps: Pointer;
  readonly how: "masked" | "omitted";
}

const none: readonly HiddenLeaf[] = [];

/** What a mask replaced, and what was too large for a record. A pointer that cannot be read hides everything. */
export function hiddenIn({ masked, limits }: AskedInput): readonly HiddenLeaf[] {
  const omitted = isMembers(limits) ? limits.omitted : undefined;
  if (masked === undefined && (omitted === undefined || (Array.isArray(omitted) && omitted.length === 0))) return none;
  return [...leaves(masked, "masked"), ...leaves(omitted, "omitted")];
}

function leaves(paths: unknown, how: HiddenLeaf["how"]): readonly HiddenLeaf[] {
  if (paths === undefined) return none;
  if (!isTexts(paths)) return [{ path: "", steps: [], how }];
  return paths.map((path) => ({ path, steps: parsePointer(path) ?? [], how }));
}

/** Whether one path leads to the other, or through it. `*` stands for every step. */
export function meet(a: Pointer, b: Pointer): boolean {
  return a.slice(0, b.length).every((step, at) => step === b[at] || step === "*" || b[at] === "*");
}

const paths = (...texts: readonly string[]): readonly Pointer[] => texts.map((text) => text.split("/"));

/** Below these the product library reads nothing. Everything else decides, whatever the author's rules read. */
const free: readonly Pointer[] = [
  ...paths("args", "args_digest", "client", "request", "network", "session", "delegation"),
  ...paths("user/id", "user/issuer", "user/email", "user/auth", "user/groups"),
  ...paths("agent/name", "agent/owner", "agent/team", "agent/surface", "agent/instance", "resource/uri", "resource/path", "resource/host"),
  ...paths("elicitation/origin", "elicitation/fields", "elicitation/host", "sampling/origin", "roots/origin"),
];

/** What is taken from the second bundle's catalog, or from the principal of the record, and so is there again. */
const rebuilt: readonly Pointer[] = [
  ...paths("environment", "principal", "agent", "server", "user/roles"),
  ...["name", "status", "risk", "effects", "data_classes", "idempotent", "annotations"].map((fact) => ["tool", fact]),
  ...paths("prompt/name", "prompt/data_classes", "resource/data_classes", "extension/method", "extension/extension"),
];

/** Of what is free: without these the catalog cannot be asked. */
const needed: readonly Pointer[] = paths("user/groups", "resource/uri", "resource/path", "resource/host");

type Reads = readonly Pointer[] | undefined;

/** The first leaf that the decision depends on and that is gone, when the same input is judged. */
export function missedAgain(hidden: readonly HiddenLeaf[], reads: Reads): HiddenLeaf | undefined {
  return hidden.find(({ steps }) => !within(steps, free) || isRead(steps, reads));
}

/** The same when everything that the catalog says is looked up anew. */
export function missedAnew(hidden: readonly HiddenLeaf[], reads: Reads): HiddenLeaf | undefined {
  return hidden.find(({ steps }) => {
    if (within(steps, rebuilt)) return false;
    return !within(steps, free) || within(steps, needed) || isRead(steps, reads);
  });
}

function within(steps: Pointer, regions: readonly Pointer[]): boolean {
  return regions.some((region) => region.length <= steps.length && region.every((step, at) => step === steps[at]));
}

function isRead(steps: Pointer, reads: Reads): boolean {
  return reads === undefined || reads.some((read) => meet(read, steps));
}
