import { type Builtin, BuiltinError, stringOf } from "./builtin.ts";
import { compareValues, isArray, isNumber, isObject, isSet, type Value } from "./value.ts";

/** As Go's `fmt.Sprintf` sees an argument: OPA hands composites and booleans over as their text. */
type Argument =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "integer"; readonly integer: bigint }
  | { readonly kind: "float"; readonly float: number };

interface Directive {
  readonly flags: string;
  readonly width: number;
  readonly precision: number | undefined;
  readonly verb: string;
}

const directive = /%([-+ 0#]*)(\d*)(?:\.(\d*))?(.|$)/gsu;
/** Wider fields have no use in a message and would let an argument choose how much memory a decision takes. */
const WIDEST = 1000;

/**
 * `sprintf` for %s %d %v %f %x %q and %%, with the same bytes as Go. What Go answers with `%!d(…)` (a verb that does not fit,
 * an argument too few or too many) is an error here: such a text in a decision is always a mistake.
 */
export const sprintf: Builtin = (_, format, values) => {
  if (values === undefined || !isArray(values)) throw new BuiltinError("sprintf: wanted an array");
  const args = values.map(argumentOf);
  let used = 0;
  const text = stringOf(format).replace(directive, (_whole, flags: string, width: string, precision: string | undefined, verb: string) => {
    if (verb === "%") return "%";
    const arg = args[used++];
    if (arg === undefined) throw new BuiltinError(`sprintf: no argument for %${verb}`);
    return render(arg, readDirective(flags, width, precision, verb));
  });
  if (used !== args.length) throw new BuiltinError("sprintf: more arguments than verbs");
  return text;
};

function readDirective(flags: string, width: string, precision: string | undefined, verb: string): Directive {
  if (flags.includes("#")) throw new BuiltinError("sprintf: the flag # is not supported");
  const wanted = { flags, width: Number(width), precision: precision === undefined ? undefined : Number(precision), verb };
  if (wanted.width > WIDEST || (wanted.precision ?? 0) > WIDEST) throw new BuiltinError("sprintf: the field is too wide");
  return wanted;
}

function argumentOf(value: Value): Argument {
  if (typeof value === "string") return { kind: "text", text: value };
  if (!isNumber(value)) return { kind: "text", text: termText(value) };
  if (!/[.eE]/.test(value.number)) return { kind: "integer", integer: BigInt(value.number) };
  const float = Number(value.number);
  if (!Number.isFinite(float)) throw new BuiltinError("sprintf: the number is too large");
  return { kind: "float", float };
}

function render(arg: Argument, wanted: Directive): string {
  switch (`${wanted.verb} ${arg.kind}`) {
    case "s text":
    case "v text":
      return arg.kind === "text" ? padText(truncate(arg.text, wanted.precision), wanted) : "";
    case "q text":
      return arg.kind === "text" ? padText(quote(truncate(arg.text, wanted.precision)), wanted) : "";
    case "d integer":
    case "v integer":
      return arg.kind === "integer" ? padInteger(arg.integer, 10, wanted) : "";
    case "x integer":
      return arg.kind === "integer" ? padInteger(arg.integer, 16, wanted) : "";
    case "x text":
      return arg.kind === "text" ? padText(hexText(arg.text, wanted), wanted) : "";
    case "f float":
      return arg.kind === "float" ? padNumber(fixed(Math.abs(arg.float), wanted.precision ?? 6), isNegative(arg.float), wanted) : "";
    case "v float":
      if (arg.kind !== "float" || wanted.precision !== undefined) throw new BuiltinError("sprintf: %v takes no precision for a number");
      return padNumber(shortest(Math.abs(arg.float)), isNegative(arg.float), wanted);
    default:
      throw new BuiltinError(`sprintf: %${wanted.verb} does not fit its argument`);
  }
}

const isNegative = (float: number): boolean => float < 0 || Object.is(float, -0);

function truncate(text: string, precision: number | undefined): string {
  return precision === undefined ? text : Array.from(text).slice(0, precision).join("");
}

function hexText(text: string, wanted: Directive): string {
  if (wanted.precision !== undefined || /[ +]/.test(wanted.flags)) throw new BuiltinError("sprintf: %x of a string takes no flags");
  return Buffer.from(text).toString("hex");
}

function padText(text: string, wanted: Directive): string {
  if (wanted.flags.includes("+")) throw new BuiltinError("sprintf: the flag + is for numbers");
  const missing = wanted.width - Array.from(text).length;
  if (missing <= 0) return text;
  if (wanted.flags.includes("-")) return text + " ".repeat(missing);
  if (wanted.flags.includes("0")) throw new BuiltinError("sprintf: the flag 0 is for numbers");
  return " ".repeat(missing) + text;
}

function padInteger(value: bigint, base: 10 | 16, wanted: Directive): string {
  if (wanted.precision !== undefined) throw new BuiltinError("sprintf: an integer takes no precision");
  return padNumber((value < 0n ? -value : value).toString(base), value < 0n, wanted);
}

function padNumber(digits: string, negative: boolean, wanted: Directive): string {
  const sign = negative ? "-" : wanted.flags.includes("+") ? "+" : wanted.flags.includes(" ") ? " " : "";
  const missing = wanted.width - sign.length - digits.length;
  if (missing <= 0) return sign + digits;
  if (wanted.flags.includes("-")) return sign + digits + " ".repeat(missing);
  return wanted.flags.includes("0") ? sign + "0".repeat(missing) + digits : " ".repeat(missing) + sign + digits;
}

/** The exact binary value, rounded half to even as Go does; `toFixed` rounds ties up. */
function fixed(value: number, digits: number): string {
  const { mantissa, exponent } = binary(value);
  const scaled = mantissa * 10n ** BigInt(digits);
  const rounded = exponent >= 0 ? scaled << BigInt(exponent) : shiftHalfEven(scaled, BigInt(-exponent));
  const text = rounded.toString().padStart(digits + 1, "0");
  return digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`;
}

/** A positive double as mantissa times two to the exponent, exactly. */
export function binary(value: number): { readonly mantissa: bigint; readonly exponent: number } {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const raw = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & 0xfffffffffffffn;
  return raw === 0 ? { mantissa: fraction, exponent: -1074 } : { mantissa: fraction | (1n << 52n), exponent: raw - 1075 };
}

function shiftHalfEven(value: bigint, bits: bigint): bigint {
  const whole = value >> bits;
  const rest = value - (whole << bits);
  const half = 1n << (bits - 1n);
  return rest > half || (rest === half && (whole & 1n) === 1n) ? whole + 1n : whole;
}

/** Go's %v of a float: the shortest digits, with an exponent below 1e-4 and from 1e6 on. */
function shortest(value: number): string {
  if (value !== 0 && (value < 1e-4 || value >= 1e6)) {
    const [digits = "", exponent = ""] = value.toExponential().split("e");
    const sign = exponent.startsWith("-") ? "-" : "+";
    return `${digits}e${sign}${exponent.replace(/^[-+]/, "").padStart(2, "0")}`;
  }
  return String(value);
}

/** A term as OPA prints it: sorted, with `, ` between elements. */
function termText(value: Value): string {
  if (typeof value === "string") return quote(value);
  if (value === null || typeof value === "boolean") return String(value);
  if (isNumber(value)) return value.number;
  if (isArray(value)) return `[${value.map(termText).join(", ")}]`;
  if (isSet(value)) return value.set.length === 0 ? "set()" : `{${value.set.toSorted(compareValues).map(termText).join(", ")}}`;
  if (!isObject(value)) throw new BuiltinError("sprintf: not a value");
  const entries = value.entries.toSorted((a, b) => compareValues(a[0], b[0]));
  return `{${entries.map(([key, member]) => `${termText(key)}: ${termText(member)}`).join(", ")}}`;
}

const shortEscapes: Readonly<Record<string, string>> = {
  "\x07": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
  '"': '\\"',
  "\\": "\\\\",
};
const printable = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

/** Go's `strconv.Quote`. Characters younger than Go's tables (Unicode 15) stand as they are. */
function quote(text: string): string {
  let out = "";
  for (const char of text.toWellFormed()) out += shortEscapes[char] ?? (printable.test(char) ? char : escaped(char.codePointAt(0) ?? 0));
  return `"${out}"`;
}

function escaped(code: number): string {
  if (code < 0x20 || code === 0x7f) return `\\x${code.toString(16).padStart(2, "0")}`;
  return code < 0x10000 ? `\\u${code.toString(16).padStart(4, "0")}` : `\\U${code.toString(16).padStart(8, "0")}`;
}
