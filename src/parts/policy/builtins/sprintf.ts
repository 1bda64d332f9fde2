import { type Builtin, BuiltinError, LONGEST_TEXT, stringOf } from "./builtin.ts";
import { type Argument, argumentOf, formatArgument, type Spec, typeName } from "./go-format.ts";
import { isArray } from "./value.ts";

/** Wider fields have no use in a message and would let an argument choose how much memory a decision takes. */
const WIDEST = 1000;
/** Go gives up on larger numbers itself. */
const TOO_LARGE = 1_000_000;

/**
 * Go's `fmt.Sprintf`, byte for byte, with what Go says about a verb that does not fit (`%!d(string=x)`), because both
 * evaluators must give one decision. Errors where Go has none: a field wider than 1000, a text longer than 256 KiB, and
 * `%p` and `%w` of an integer beyond 64 bits, where Go prints addresses.
 */
export const sprintf: Builtin = (_, format, values) => {
  if (values === undefined || !isArray(values)) throw new BuiltinError("sprintf: wanted an array");
  return new Printer(stringOf(format).toWellFormed(), values.map(argumentOf)).print();
};

class Printer {
  readonly #format: string;
  readonly #args: readonly Argument[];
  #out = "";
  #at = 0;
  #next = 0;
  #reordered = false;
  #goodIndex = true;

  constructor(format: string, args: readonly Argument[]) {
    this.#format = format;
    this.#args = args;
  }

  print(): string {
    while (this.#at < this.#format.length) {
      const percent = this.#format.indexOf("%", this.#at);
      this.#write(this.#format.slice(this.#at, percent < 0 ? undefined : percent));
      if (percent < 0) break;
      this.#at = percent + 1;
      if (!this.#directive()) break;
    }
    if (!this.#reordered && this.#next < this.#args.length) this.#extra();
    return this.#out;
  }

  #write(text: string): void {
    this.#out += text;
    if (this.#out.length > LONGEST_TEXT) throw new BuiltinError("sprintf: the text is too long");
  }

  /** One verb with all that stands before it. False where the format ends inside. */
  #directive(): boolean {
    this.#goodIndex = true;
    const flags = this.#flags();
    let afterIndex = this.#index();
    const { width, left, afterIndex: still } = this.#width(flags, afterIndex);
    afterIndex = still;
    const precision = this.#precision(afterIndex);
    if (precision.read) afterIndex = precision.afterIndex;
    if (!afterIndex) this.#index();
    if (this.#at >= this.#format.length) {
      this.#write("%!(NOVERB)");
      return false;
    }
    const verb = String.fromCodePoint(this.#format.codePointAt(this.#at) ?? 0);
    this.#at += verb.length;
    this.#verb(verb, { flags: left, width, precision: precision.value });
    return true;
  }

  #verb(verb: string, spec: Spec): void {
    const arg = verb === "%" || !this.#goodIndex ? undefined : this.#args[this.#next];
    if (arg === undefined) {
      this.#write(verb === "%" ? "%" : `%!${verb}(${this.#goodIndex ? "MISSING" : "BADINDEX"})`);
      return;
    }
    this.#next++;
    if (Math.max(spec.width ?? 0, spec.precision ?? 0) > WIDEST) throw new BuiltinError("sprintf: the field is too wide");
    this.#write(formatArgument(arg, verb, spec));
  }

  #flags(): string {
    const start = this.#at;
    while ("#0+- ".includes(this.#format[this.#at] ?? "x")) this.#at++;
    return this.#format.slice(start, this.#at);
  }

  /** An explicit `[n]`. True where one was read, even of an argument that is not there. */
  #index(): boolean {
    if (this.#format[this.#at] !== "[") return false;
    this.#reordered = true;
    const rest = this.#format.slice(this.#at);
    const close = Buffer.byteLength(rest) < 3 ? -1 : rest.indexOf("]");
    if (close < 0) {
      this.#goodIndex = false;
      this.#at += 1;
      return false;
    }
    this.#at += close + 1;
    const digits = rest.slice(1, close);
    const number = /^\d+$/.test(digits) ? bounded(digits) : undefined;
    const found = number !== undefined && number >= 1 && number <= this.#args.length;
    if (found) this.#next = number - 1;
    else this.#goodIndex = false;
    return number !== undefined;
  }

  #width(flags: string, afterIndex: boolean): { width: number | undefined; left: string; afterIndex: boolean } {
    if (this.#format[this.#at] !== "*") {
      const width = this.#number();
      if (afterIndex && width !== undefined) this.#goodIndex = false;
      return { width, left: flags, afterIndex };
    }
    this.#at++;
    const width = this.#numberArgument();
    if (width === undefined) this.#write("%!(BADWIDTH)");
    const left = width !== undefined && width < 0 ? `${flags.replaceAll("0", "")}-` : flags;
    return { width: width === undefined ? undefined : Math.abs(width), left, afterIndex: false };
  }

  #precision(afterIndex: boolean): { value: number | undefined; afterIndex: boolean; read: boolean } {
    // A point at the very end is a verb.
    if (this.#format[this.#at] !== "." || this.#at + 1 >= this.#format.length) return { value: undefined, afterIndex, read: false };
    this.#at++;
    if (afterIndex) this.#goodIndex = false;
    const indexed = this.#index();
    if (this.#format[this.#at] !== "*") return { value: this.#number() ?? 0, afterIndex: indexed, read: true };
    this.#at++;
    const value = this.#numberArgument();
    const usable = value !== undefined && value >= 0 ? value : undefined;
    if (usable === undefined) this.#write("%!(BADPREC)");
    return { value: usable, afterIndex: false, read: true };
  }

  /** Digits in the format. A number beyond Go's own limit ends the format, as it does there. */
  #number(): number | undefined {
    const digits = /^\d*/.exec(this.#format.slice(this.#at, this.#at + 16))?.[0] ?? "";
    if (digits === "") return undefined;
    const number = bounded(digits);
    if (number === undefined) {
      this.#at = this.#format.length;
      return undefined;
    }
    this.#at += digits.length;
    return number;
  }

  #numberArgument(): number | undefined {
    const arg = this.#args[this.#next];
    if (arg === undefined) return undefined;
    this.#next++;
    if (arg.kind !== "int") return undefined;
    const number = Number(arg.integer);
    return Math.abs(number) > TOO_LARGE ? undefined : number;
  }

  #extra(): void {
    const rest = this.#args.slice(this.#next).map((arg) => `${typeName(arg)}=${formatArgument(arg, "v", plainSpec)}`);
    this.#write(`%!(EXTRA ${rest.join(", ")})`);
  }
}

const plainSpec: Spec = { flags: "", width: undefined, precision: undefined };

/** Go reads digit by digit and stops once what it has is too large. */
function bounded(digits: string): number | undefined {
  let number = 0;
  for (const digit of digits) {
    if (number > TOO_LARGE) return undefined;
    number = number * 10 + Number(digit);
  }
  return number;
}
