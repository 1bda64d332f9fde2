import { type ExactJson, memberAt, parseExact } from "./exact-json.ts";

/** The input of one evaluation, parsed only where something asks for a part of it. Most decisions do not. */
export class LazyInput {
  readonly #text: string;
  #parsed: ExactJson | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  at(path: readonly string[]): ExactJson | undefined {
    this.#parsed ??= this.#parse();
    return memberAt(this.#parsed, path);
  }

  /** How many targets a list asks about. Rounded numbers do no harm here, and exact parsing takes three times as long. */
  itemCount(): number {
    const { items } = JSON.parse(this.#text);
    return Array.isArray(items) ? items.length : 0;
  }

  #parse(): ExactJson {
    try {
      return parseExact(this.#text);
    } catch {
      return null;
    }
  }
}

const template = /\{input((?:\.[A-Za-z0-9_-]+)+)\}/g;
const whole = /^\{input((?:\.[A-Za-z0-9_-]+)+)\}$/;
/** What begins like a template. One that is left after filling was misspelt. */
const BEGINNING = "{input";
const LONGEST_VALUE = 200;
const LONGEST_MESSAGE = 1000;
const UNFILLED = "?";

const pathOf = (dotted: string): readonly string[] => dotted.slice(1).split(".");

/**
 * A message with its templates filled. A path that is not there, or holds no plain value, leaves a `?`. What is filled in
 * comes from the caller and is read by people, terminals and models: control characters and characters that turn the
 * direction of writing are dropped, and it is cut at 200 characters. It is never looked at for templates itself.
 */
export function fillMessage(text: string, input: LazyInput): string {
  const filled = text.includes(BEGINNING) ? text.replace(template, (_, path: string) => shown(input.at(pathOf(path)))) : text;
  return cut(clean(filled), LONGEST_MESSAGE);
}

function shown(value: ExactJson | undefined): string {
  const text = plain(value);
  return text === undefined ? UNFILLED : cut(clean(text), LONGEST_VALUE);
}

/** A value of an obligation: as it stands, or what its path holds, with its type. Undefined where that cannot be filled. */
export function fillValue(value: unknown, input: LazyInput): unknown {
  if (typeof value !== "string" || !value.includes(BEGINNING)) return value;
  const path = whole.exec(value)?.[1];
  if (path !== undefined) return input.at(pathOf(path)) ?? undefined;
  return fillText(value, input, (text) => text);
}

/** A path of a result (RFC 6901). A filled value stays one segment, so an argument cannot point elsewhere. */
export function fillPointer(pointer: string, input: LazyInput): string | undefined {
  if (!pointer.includes(BEGINNING)) return pointer;
  return fillText(pointer, input, (text) => text.replaceAll("~", "~0").replaceAll("/", "~1"));
}

function fillText(text: string, input: LazyInput, write: (value: string) => string): string | undefined {
  let missing = text.replace(template, "").includes(BEGINNING);
  const filled = text.replace(template, (_, path: string) => {
    const value = plain(input.at(pathOf(path)));
    if (value === undefined) missing = true;
    return write(value ?? "");
  });
  return missing ? undefined : filled;
}

function plain(value: ExactJson | undefined): string | undefined {
  return value === undefined || value === null || typeof value === "object" ? undefined : String(value);
}

const unsafe = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;

const clean = (text: string): string => text.toWellFormed().replace(unsafe, "");

function cut(text: string, longest: number): string {
  if (text.length <= longest) return text;
  return Array.from(text.slice(0, longest * 2))
    .slice(0, longest)
    .join("");
}
