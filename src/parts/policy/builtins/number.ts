import { BuiltinError } from "./builtin-error.ts";

/** A rational number, `under` positive. */
export interface Ratio {
  readonly over: bigint;
  readonly under: bigint;
}

const shape = /^([-+]?)(\d*)(?:\.(\d*))?(?:[eE]([-+]?\d+))?$/;
/** `1e100000` is six bytes of input and a hundred thousand digits of work. */
const LARGEST_EXPONENT = 400;
const MOST_DIGITS = 2000;

/** A decimal literal exactly. Throws where it is none, or larger than a policy can mean. */
export function ratioOf(literal: string): Ratio {
  const found = literal.length > MOST_DIGITS ? null : shape.exec(literal);
  if (found === null) throw new BuiltinError("not a number, or one that is too long");
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = found;
  if (whole === "" && fraction === "") throw new BuiltinError("not a number");
  const power = Number(exponent) - fraction.length;
  if (Math.abs(Number(exponent)) > LARGEST_EXPONENT) throw new BuiltinError("the exponent is too large");
  const mantissa = BigInt(whole + fraction) * (sign === "-" ? -1n : 1n);
  return power >= 0 ? { over: mantissa * 10n ** BigInt(power), under: 1n } : { over: mantissa, under: 10n ** BigInt(-power) };
}

/** Rounds to the 64 bits that Go's `big.Float` keeps by default, half to even. */
export function round64(value: Ratio): Ratio {
  if (value.over === 0n) return value;
  const sign = value.over < 0n ? -1n : 1n;
  const over = value.over * sign;
  let shift = over.toString(2).length - value.under.toString(2).length - 64;
  let scaled = divide(over, value.under, shift);
  if (scaled.whole >= 1n << 64n) scaled = divide(over, value.under, ++shift);
  else if (scaled.whole < 1n << 63n) scaled = divide(over, value.under, --shift);
  const twice = scaled.rest * 2n;
  const up = twice > scaled.under || (twice === scaled.under && (scaled.whole & 1n) === 1n);
  const mantissa = (scaled.whole + (up ? 1n : 0n)) * sign;
  return shift >= 0 ? { over: mantissa << BigInt(shift), under: 1n } : { over: mantissa, under: 1n << BigInt(-shift) };
}

function divide(over: bigint, under: bigint, shift: number): { readonly whole: bigint; readonly rest: bigint; readonly under: bigint } {
  const top = shift < 0 ? over << BigInt(-shift) : over;
  const bottom = shift > 0 ? under << BigInt(shift) : under;
  return { whole: top / bottom, rest: top % bottom, under: bottom };
}

const MIN_INT64 = -(1n << 63n);
const MAX_INT64 = (1n << 63n) - 1n;
const wholeNumber = /^([-+]?)(\d+)(?:\.0*)?$/;
/** OPA reads at most this many characters behind the sign as a machine integer. */
const LONGEST_INT64 = 19;

/** OPA's machine integer: at most 19 characters behind the sign, zeros allowed after a point. Undefined for other numbers. */
export function int64Of(literal: string): bigint | undefined {
  const found = wholeNumber.exec(literal);
  if (found === null || literal.replace(/^[-+]/, "").length > LONGEST_INT64) return undefined;
  const value = BigInt(found[2] ?? "0") * (found[1] === "-" ? -1n : 1n);
  return value >= MIN_INT64 && value <= MAX_INT64 ? value : undefined;
}

/** A timestamp as OPA reads it: through a 64-bit float mantissa, exact or not at all. */
export function timestampOf(literal: string): bigint {
  const { over, under } = round64(ratioOf(literal));
  if (over % under !== 0n) throw new BuiltinError("timestamp too big");
  const value = over / under;
  if (value < MIN_INT64 || value > MAX_INT64) throw new BuiltinError("timestamp too big");
  return value;
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
