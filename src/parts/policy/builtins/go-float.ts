import { BuiltinError } from "./builtin.ts";
import { binary } from "./number.ts";

/** Digits of a positive number without trailing zeros; its value is 0.DIGITS times ten to `point`. */
interface Decimal {
  readonly digits: string;
  readonly point: number;
}

export type FloatVerb = "e" | "E" | "f" | "g" | "G" | "x" | "X" | "b";

/**
 * Go's `strconv.FormatFloat` of a finite number, without its sign. `precision` undefined asks for the fewest digits that
 * tell the number apart; given, the exact binary value is rounded half to even (`toFixed` and `toExponential` round up).
 */
export function formatFloat(value: number, verb: FloatVerb, precision: number | undefined): string {
  const size = Math.abs(value);
  if (!Number.isFinite(size)) throw new BuiltinError("not a finite number");
  if (verb === "b") return binaryText(size);
  if (verb === "x" || verb === "X") return hexText(size, verb, precision);
  if (verb === "f") {
    const decimal = precision === undefined ? shortest(size) : roundAt(exact(size), (point) => point + precision);
    return plain(decimal, precision ?? Math.max(decimal.digits.length - decimal.point, 0));
  }
  if (verb === "e" || verb === "E") {
    const decimal = precision === undefined ? shortest(size) : roundAt(exact(size), () => precision + 1);
    return scientific(decimal, precision ?? Math.max(decimal.digits.length - 1, 0), verb);
  }
  return general(size, verb, precision);
}

function general(size: number, verb: "g" | "G", precision: number | undefined): string {
  const wanted = precision === 0 ? 1 : precision;
  const decimal = wanted === undefined ? shortest(size) : roundAt(exact(size), () => wanted);
  const count = decimal.digits.length;
  let limit = wanted ?? 6;
  if (wanted !== undefined && limit > count && count >= decimal.point) limit = count;
  const exponent = decimal.point - 1;
  if (exponent < -4 || exponent >= limit) {
    return scientific(decimal, Math.min(wanted ?? count, count) - 1, verb === "g" ? "e" : "E");
  }
  return plain(decimal, Math.max(count - decimal.point, 0));
}

function shortest(size: number): Decimal {
  if (size === 0) return { digits: "", point: 0 };
  const [mantissa = "", exponent = "0"] = size.toExponential().split("e");
  return { digits: mantissa.replace(".", "").replace(/0+$/, ""), point: Number(exponent) + 1 };
}

function exact(size: number): Decimal {
  const { mantissa, exponent } = binary(size);
  if (mantissa === 0n) return { digits: "", point: 0 };
  const whole = exponent >= 0 ? mantissa << BigInt(exponent) : mantissa * 5n ** BigInt(-exponent);
  const digits = whole.toString();
  return { digits: digits.replace(/0+$/, ""), point: digits.length + Math.min(exponent, 0) };
}

/** Keeps as many digits as `count` says for the point of the number, rounded half to even. */
function roundAt(decimal: Decimal, count: (point: number) => number): Decimal {
  const keep = count(decimal.point);
  const { digits, point } = decimal;
  if (keep >= digits.length) return decimal;
  if (keep < 0) return { digits: "", point: 0 };
  const head = digits.slice(0, keep);
  const next = digits.charAt(keep);
  const tie = next === "5" && keep + 1 === digits.length;
  const up = tie ? Number(head.slice(-1) || "0") % 2 === 1 : next >= "5";
  if (!up) return trimmed(head, point);
  const raised = (BigInt(head === "" ? "0" : head) + 1n).toString();
  return raised.length > keep ? trimmed(raised, point + 1) : trimmed(raised.padStart(keep, "0"), point);
}

function trimmed(digits: string, point: number): Decimal {
  const kept = digits.replace(/0+$/, "");
  return kept === "" ? { digits: "", point: 0 } : { digits: kept, point };
}

function plain({ digits, point }: Decimal, precision: number): string {
  const whole = point > 0 ? digits.slice(0, point).padEnd(point, "0") : "0";
  if (precision <= 0) return whole;
  const fraction = point >= 0 ? digits.slice(point) : "0".repeat(-point) + digits;
  return `${whole}.${fraction.slice(0, precision).padEnd(precision, "0")}`;
}

function scientific({ digits, point }: Decimal, precision: number, letter: "e" | "E"): string {
  const first = digits.charAt(0) || "0";
  const rest = precision > 0 ? `.${digits.slice(1, precision + 1).padEnd(precision, "0")}` : "";
  const exponent = digits === "" ? 0 : point - 1;
  return `${first}${rest}${letter}${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
}

/** `%b`: the mantissa and the power of two, as the number is stored. */
function binaryText(size: number): string {
  const { mantissa, exponent } = binary(size);
  return `${mantissa}p${exponent < 0 ? "-" : "+"}${Math.abs(exponent)}`;
}

const FRACTION_BITS = 60;

/** `%x`: one binary digit, a hexadecimal fraction, and the power of two. */
function hexText(size: number, verb: "x" | "X", precision: number | undefined): string {
  const { mantissa: stored, exponent: power } = binary(size);
  let exponent = stored === 0n ? 0 : power;
  let mantissa = stored;
  if (mantissa !== 0n) {
    const shift = FRACTION_BITS + 1 - mantissa.toString(2).length;
    mantissa <<= BigInt(shift);
    exponent += FRACTION_BITS - shift;
  }
  if (precision !== undefined && precision < FRACTION_BITS / 4) {
    const dropped = BigInt(FRACTION_BITS - precision * 4);
    const half = 1n << (dropped - 1n);
    const rest = mantissa & ((1n << dropped) - 1n);
    mantissa >>= dropped;
    if (rest > half || (rest === half && (mantissa & 1n) === 1n)) mantissa += 1n;
    mantissa <<= dropped;
    if (mantissa >= 1n << BigInt(FRACTION_BITS + 1)) [mantissa, exponent] = [mantissa >> 1n, exponent + 1];
  }
  const whole = mantissa >> BigInt(FRACTION_BITS);
  const all = (mantissa & ((1n << BigInt(FRACTION_BITS)) - 1n)).toString(16).padStart(FRACTION_BITS / 4, "0");
  const fraction = precision === undefined ? all.replace(/0+$/, "") : all.slice(0, precision).padEnd(precision, "0");
  const text = `0x${whole}${fraction === "" ? "" : `.${fraction}`}p${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
  return verb === "X" ? text.toUpperCase() : text;
}
