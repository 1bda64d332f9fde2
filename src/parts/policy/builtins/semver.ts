import { type Builtin, BuiltinError, stringOf } from "./builtin.ts";
import { compareText, numberOf } from "./value.ts";

interface Version {
  readonly numbers: readonly bigint[];
  readonly before: readonly string[];
}

const shape =
  /^v?(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-((?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*)(?:\.(?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*))*))?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$/;
const LARGEST = (1n << 63n) - 1n;
const LONGEST = 256;

/** Semantic Versioning 2.0.0; a leading `v` is allowed as in OPA. */
function parse(text: string): Version | undefined {
  const found = text.length > LONGEST ? null : shape.exec(text);
  if (found === null) return undefined;
  const numbers = [found[1], found[2], found[3]].map((digits) => BigInt(digits ?? "0"));
  if (numbers.some((number) => number > LARGEST)) return undefined;
  return { numbers, before: found[4] === undefined ? [] : found[4].split(".") };
}

const isValid: Builtin = (_, value) => typeof value === "string" && parse(value) !== undefined;

const compare: Builtin = (_, first, second) => {
  const a = parse(stringOf(first));
  const b = parse(stringOf(second));
  if (a === undefined || b === undefined) throw new BuiltinError("semver.compare: not a version");
  for (const [index, number] of a.numbers.entries()) {
    const other = b.numbers[index] ?? 0n;
    if (number !== other) return numberOf(number < other ? -1 : 1);
  }
  return numberOf(Math.sign(comparePreRelease(a.before, b.before)));
};

/** A version before its release is lower; numbers are lower than words; more fields are higher. */
function comparePreRelease(a: readonly string[], b: readonly string[]): number {
  if (a.length === 0 || b.length === 0) return b.length - a.length;
  for (let index = 0; index < Math.min(a.length, b.length); index++) {
    const order = compareIdentifier(a[index] ?? "", b[index] ?? "");
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

function compareIdentifier(a: string, b: string): number {
  const numeric = [/^\d+$/.test(a), /^\d+$/.test(b)] as const;
  if (numeric[0] && numeric[1]) return BigInt(a) < BigInt(b) ? -1 : BigInt(a) > BigInt(b) ? 1 : 0;
  if (numeric[0] !== numeric[1]) return numeric[0] ? -1 : 1;
  return compareText(a, b);
}

export const semverBuiltins = { "semver.is_valid": isValid, "semver.compare": compare } satisfies Record<string, Builtin>;
