import { isDeepStrictEqual } from "node:util";
import { Document, isCollection, isMap, isSeq, parseDocument, type YAMLSeq } from "yaml";
import { err, ok, type Result } from "../../../core/result.ts";
import type { RecordedCase } from "./recorded-case.ts";

/** A file of cases with this one alone. */
export function caseFileText(recorded: RecordedCase): string {
  return `cases:\n${itemText(recorded, "  ")}`;
}

/** The text with the case at the end of its list, and nothing else changed; or why that cannot be. */
export function withCase(text: string, recorded: RecordedCase): Result<string, string> {
  if (text.trim() === "") return ok(caseFileText(recorded));
  const document = parseDocument(text);
  const [fault] = document.errors;
  if (fault !== undefined) return err(`the file is no YAML: ${fault.message.split("\n")[0]}`);
  const list = isMap(document.contents) ? document.contents.get("cases", true) : undefined;
  if (!isSeq(list)) return err('the file has no list "cases"');
  const before = casesIn(text);
  if (before.some((one) => one.name === recorded.value.name)) return err(`the file has a case "${recorded.value.name}" already`);
  const added = inserted(text, list, recorded);
  if (added === undefined) return err('"cases" is written in one line, in [ ]; write its elements with dashes, below each other');
  // Held against what was meant: a text that reads otherwise must not be written.
  return isDeepStrictEqual(casesIn(added), [...before, recorded.value])
    ? ok(added)
    : err("the file is written in a way that a case cannot be added to");
}

function inserted(text: string, list: YAMLSeq, recorded: RecordedCase): string | undefined {
  const [from = 0, to = text.length] = list.range ?? [];
  if (list.items.length === 0)
    return `${text.slice(0, from).trimEnd()}\n${itemText(recorded, "  ")}${text.slice(to).replace(/^[^\n]*\n?/, "")}`;
  if (list.flow === true) return undefined;
  const line = text.slice(text.lastIndexOf("\n", from - 1) + 1);
  const indent = /^[ \t]*/.exec(line)?.[0] ?? "";
  const end = text[to - 1] === "\n" ? to : text.indexOf("\n", to) + 1;
  const head = end === 0 ? `${text}\n` : text.slice(0, end);
  return `${head}${itemText(recorded, indent)}${end === 0 ? "" : text.slice(end)}`;
}

function casesIn(text: string): readonly { readonly name?: unknown }[] {
  const value: unknown = parseDocument(text).toJS();
  const cases = typeof value === "object" && value !== null && "cases" in value ? value.cases : undefined;
  return Array.isArray(cases) ? cases : [];
}

/** One element of the list. Its input and its wants stand in a line a member, as people write them. */
function itemText({ value, comments }: RecordedCase, indent: string): string {
  const document = new Document([value]);
  for (const key of ["input", "want"]) {
    const members = document.getIn([0, key], true);
    if (!isMap(members)) continue;
    for (const { value: member } of members.items) if (isCollection(member)) member.flow = true;
  }
  const lines = document.toString({ lineWidth: 0 }).trimEnd().split("\n");
  return `${[...comments.map((text) => `# ${text}`), ...lines].map((line) => `${indent}${line}`).join("\n")}\n`;
}
