import { BuiltinError } from "../builtin.ts";
import { parseAddress } from "../ip.ts";
import { isMoment } from "../time-parse.ts";
import { referenceOf } from "../uri.ts";
import { patternIsValid } from "./patterns.ts";

type Format = (text: string) => boolean;

const LONGEST_HOSTNAME = 255;
const label = "[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?";
const hostname = new RegExp(`^${label}(?:\\.${label})*$`);
const uuid = /^[a-f0-9]{8}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{12}$/i;
const pointer = /^(?:\/(?:[^~/]|~0|~1)*)*$/;
const relativePointer = /^(?:0|[1-9][0-9]*)(?:#|(?:\/(?:[^~/]|~0|~1)*)*)$/;
const plainMail = /^[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*$/;
const LONGEST_MAIL = 320;

/** Go reads addresses with comments, quotes, names and routes. Plain ones are told here, and what cannot be one. */
const email: Format = (text) => {
  if (!text.includes("@")) return false;
  if (text.length > LONGEST_MAIL || !plainMail.test(text)) throw new BuiltinError("json schema: an unusual mail address");
  return true;
};

const uri: Format = (text) => (referenceOf(text)?.scheme ?? "") !== "" && !text.includes("\\");
const uriReference: Format = (text) => referenceOf(text) !== undefined && !text.includes("\\");
const time: Format = (text) => isMoment("15:04:05Z07:00", text) || isMoment("15:04:05", text);
const date: Format = (text) => isMoment("2006-01-02", text);
const dateTime: Format = (text) => time(text) || date(text) || isMoment("2006-01-02T15:04:05Z07:00", text);
const address =
  (mark: string): Format =>
  (text) =>
    parseAddress(text) !== undefined && text.includes(mark);

/** The formats that OPA knows. Any other holds for everything. */
const formats: ReadonlyMap<string, Format> = new Map<string, Format>([
  ["date", date],
  ["time", time],
  ["date-time", dateTime],
  ["hostname", (text) => text.length <= LONGEST_HOSTNAME && hostname.test(text)],
  ["email", email],
  ["idn-email", email],
  ["ipv4", address(".")],
  ["ipv6", address(":")],
  ["uri", uri],
  ["iri", uri],
  ["uri-reference", uriReference],
  ["iri-reference", uriReference],
  ["uri-template", (text) => uriReference(text) && !(referenceOf(text)?.path ?? "").replace(/\{[^}]*\}/g, "").includes("{")],
  ["uuid", (text) => uuid.test(text)],
  ["regex", (text) => text === "" || patternIsValid(text)],
  ["json-pointer", (text) => pointer.test(text)],
  ["relative-json-pointer", (text) => relativePointer.test(text)],
]);

export const hasFormat = (name: string, text: string): boolean => formats.get(name)?.(text) ?? true;
