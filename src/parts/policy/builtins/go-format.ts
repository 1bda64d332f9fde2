import { BuiltinError } from "./builtin.ts";
import { type FloatVerb, formatFloat } from "./go-float.ts";
import { canBackquote, quote } from "./go-quote.ts";
import { int64Of } from "./number.ts";
import { isPrintable } from "./printable.ts";
import { termText } from "./term-text.ts";
import { isNumber, type Value } from "./value.ts";

/** As Go's `fmt.Sprintf` sees an argument: OPA hands composites and booleans over as their text. */
export type Argument =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "int"; readonly integer: bigint }
  | { readonly kind: "big"; readonly integer: bigint }
  | { readonly kind: "float"; readonly float: number };

export interface Spec {
  readonly flags: string;
  readonly width: number | undefined;
  readonly precision: number | undefined;
}

export function argumentOf(value: Value): Argument {
  if (typeof value === "string") return { kind: "text", text: value.toWellFormed() };
  if (!isNumber(value)) return { kind: "text", text: termText(value) };
  const literal = value.number;
  if (/[.eE]/.test(literal)) {
    const float = Number(literal);
    return Number.isFinite(float) ? { kind: "float", float } : { kind: "text", text: literal };
  }
  const small = int64Of(literal);
  return small === undefined ? { kind: "big", integer: BigInt(literal) } : { kind: "int", integer: small };
}

const typeNames = { text: "string", int: "int64", big: "*big.Int", float: "float64" } as const;

export const typeName = (arg: Argument): string => typeNames[arg.kind];

export function formatArgument(arg: Argument, verb: string, spec: Spec): string {
  if (arg.kind === "big") return formatBig(arg.integer, verb, spec);
  if (verb === "T") return padded(truncated(typeName(arg), spec), spec);
  // `%v` takes the flags # and + as its own, and so does `%w`, which fits nothing here.
  const isOwn = verb === "v" || verb === "w";
  const goSyntax = isOwn && spec.flags.includes("#");
  const own = isOwn ? { ...spec, flags: spec.flags.replace(/[#+]/g, "") } : spec;
  // Go says what does not fit, with the flags still standing.
  return render(arg, verb, own, goSyntax) ?? `%!${verb}(${typeName(arg)}=${render(arg, "v", own, goSyntax)})`;
}

function render(arg: Exclude<Argument, { kind: "big" }>, verb: string, spec: Spec, goSyntax: boolean): string | undefined {
  if (arg.kind === "text") return formatText(arg.text, verb === "v" ? (goSyntax ? "q" : "s") : verb, spec);
  if (arg.kind === "int") return formatInt(arg.integer, verb === "v" ? "d" : verb, spec);
  return formatNumber(arg.float, verb, spec);
}

const lengthOf = (text: string): number => {
  let length = 0;
  for (const _ of text) length++;
  return length;
};

/** Go pads with zeros wherever the flag says so, and only on the left. */
function padded(text: string, { flags, width = 0 }: Spec, zero = flags.includes("0") && !flags.includes("-")): string {
  const missing = width === 0 ? 0 : Math.max(0, width - lengthOf(text));
  const padding = (zero ? "0" : " ").repeat(missing);
  return flags.includes("-") ? text + padding : padding + text;
}

function truncated(text: string, { precision }: Spec): string {
  return precision === undefined || text.length <= precision ? text : Array.from(text).slice(0, precision).join("");
}

function formatText(text: string, verb: string, spec: Spec): string | undefined {
  if (verb === "s") return padded(truncated(text, spec), spec);
  if (verb === "x" || verb === "X") return hexText(text, verb, spec);
  if (verb !== "q") return undefined;
  const shown = truncated(text, spec);
  if (spec.flags.includes("#") && canBackquote(shown)) return padded(`\`${shown}\``, spec);
  return padded(quote(shown, { ascii: spec.flags.includes("+") }), spec);
}

function hexText(text: string, verb: "x" | "X", spec: Spec): string {
  const bytes = Buffer.from(text).subarray(0, spec.precision);
  if (bytes.length === 0) return padded("", { ...spec, flags: spec.flags.replace("-", "") }, zeroPads(spec));
  const [space, sharp] = [spec.flags.includes(" "), spec.flags.includes("#")];
  const pairs = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0"));
  const hex = pairs.join(space ? (sharp ? " 0x" : " ") : "");
  const out = sharp ? `0x${hex}` : hex;
  return padded(verb === "X" ? out.toUpperCase() : out, spec);
}

const zeroPads = ({ flags }: Spec): boolean => flags.includes("0") && !flags.includes("-");

const bases: Readonly<Record<string, 2 | 8 | 10 | 16>> = { b: 2, o: 8, O: 8, d: 10, x: 16, X: 16 };

function signOf(negative: boolean, flags: string): string {
  if (negative) return "-";
  return flags.includes("+") ? "+" : flags.includes(" ") ? " " : "";
}

function formatInt(value: bigint, verb: string, spec: Spec): string | undefined {
  if (verb === "c" || verb === "q") return formatCharacter(value, verb, spec);
  if (verb === "U") return formatUnicode(value, spec);
  const base = Object.hasOwn(bases, verb) ? bases[verb] : undefined;
  if (base === undefined) return undefined;
  const { flags, width, precision } = spec;
  if (precision === 0 && value === 0n) return " ".repeat(width ?? 0);
  const sign = signOf(value < 0n, flags);
  const least = precision ?? (zeroPads(spec) && width !== undefined ? width - sign.length : 0);
  let digits = (value < 0n ? -value : value).toString(base).padStart(least, "0");
  if (flags.includes("#")) digits = base === 2 ? `0b${digits}` : base === 16 ? `0x${digits}` : base === 8 ? octal(digits) : digits;
  if (verb === "O") digits = `0o${digits}`;
  return padded(sign + (verb === "X" ? digits.toUpperCase() : digits), spec, false);
}

const octal = (digits: string): string => (digits.startsWith("0") ? digits : `0${digits}`);

const LAST_CODE_POINT = 0x10ffffn;
const isSurrogate = (code: number): boolean => code >= 0xd800 && code <= 0xdfff;

/** An integer as Go's 64 unsigned bits. */
const unsigned = (value: bigint): bigint => BigInt.asUintN(64, value);

function formatCharacter(value: bigint, verb: "c" | "q", spec: Spec): string {
  const code = unsigned(value) > LAST_CODE_POINT ? 0xfffd : Number(value);
  const char = isSurrogate(code) ? "\ufffd" : String.fromCodePoint(code);
  return padded(verb === "c" ? char : quote(char, { mark: "'", ascii: spec.flags.includes("+") }), spec);
}

function formatUnicode(value: bigint, spec: Spec): string {
  const code = unsigned(value);
  const digits = code
    .toString(16)
    .toUpperCase()
    .padStart(Math.max(4, spec.precision ?? 0), "0");
  const shown = spec.flags.includes("#") && code <= LAST_CODE_POINT && isPrintable(Number(code));
  return padded(`U+${digits}${shown ? ` '${String.fromCodePoint(Number(code))}'` : ""}`, spec, false);
}

/** `big.Int` formats itself, and a little differently from a machine integer. */
function formatBig(value: bigint, verb: string, spec: Spec): string {
  if (verb === "T") return padded(truncated("*big.Int", spec), spec);
  if (verb === "p" || verb === "w") throw new BuiltinError(`sprintf: %${verb} of a large integer prints an address`);
  const base = verb === "s" || verb === "v" ? 10 : Object.hasOwn(bases, verb) ? bases[verb] : undefined;
  if (base === undefined) return `%!${verb}(big.Int=${value})`;
  const { flags, width = 0, precision } = spec;
  const sign = signOf(value < 0n, flags);
  const prefixes: Readonly<Record<string, string>> = { b: "0b", o: "0", x: "0x", X: "0X" };
  const prefix = verb === "O" ? "0o" : flags.includes("#") ? (prefixes[verb] ?? "") : "";
  const plain = (value < 0n ? -value : value).toString(base).padStart(precision ?? 0, "0");
  const digits = verb === "X" ? plain.toUpperCase() : plain;
  const missing = Math.max(0, width - sign.length - prefix.length - digits.length);
  if (flags.includes("-")) return sign + prefix + digits + " ".repeat(missing);
  if (flags.includes("0") && precision === undefined) return sign + prefix + "0".repeat(missing) + digits;
  return " ".repeat(missing) + sign + prefix + digits;
}

const defaultPrecision: Readonly<Record<string, number | undefined>> = { f: 6, F: 6, e: 6, E: 6 };

function formatNumber(value: number, verb: string, spec: Spec): string | undefined {
  const wanted = verb === "v" ? "g" : verb === "F" ? "f" : verb;
  if (!isFloatVerb(wanted)) return undefined;
  const precision = spec.precision ?? defaultPrecision[verb];
  let digits = formatFloat(value, wanted, precision);
  if (spec.flags.includes("#") && wanted !== "b") digits = withPoint(digits, wanted, precision);
  const sign = signOf(value < 0 || Object.is(value, -0), spec.flags);
  if (sign !== "" && zeroPads(spec) && spec.width !== undefined) {
    return sign + "0".repeat(Math.max(0, spec.width - sign.length - digits.length)) + digits;
  }
  return padded(sign + digits, spec);
}

const isFloatVerb = (verb: string): verb is FloatVerb => /^[eEfgGxXb]$/.test(verb);

/** The flag #: always a point, and with %g the zeros that it would leave out. */
function withPoint(text: string, verb: FloatVerb, precision: number | undefined): string {
  const hex = verb === "x" || verb === "X";
  const tailAt = text.search(hex ? /[pP]/ : /[eE]/);
  const tail = tailAt < 0 ? "" : text.slice(tailAt);
  let number = tailAt < 0 ? text : text.slice(0, tailAt);
  let missing = verb === "g" || verb === "x" ? (precision ?? 6) : 0;
  let significant = false;
  for (const char of number) {
    if (char === ".") continue;
    if (char !== "0") significant = true;
    if (significant) missing--;
  }
  if (!number.includes(".")) {
    if (number === "0") missing--;
    number += ".";
  }
  return number + "0".repeat(Math.max(0, missing)) + tail;
}
