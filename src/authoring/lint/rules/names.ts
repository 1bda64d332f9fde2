import { glob } from "../../../parts/catalog/index.ts";
import { visible } from "../../pins/index.ts";
import { textsOf } from "../definition-texts.ts";
import { itemText, type Linted, type LintFinding, type LintRule } from "../finding.ts";
import { plainText } from "../plain-text.ts";

type Found = Omit<LintFinding, "rule" | "level">;

const plainName = /^[A-Za-z0-9_.-]+$/;

/** As people tell names apart when they read quickly. */
const blurred = (name: string): string =>
  plainText(name)
    .toLowerCase()
    .replace(/[\s_.-]+/g, "")
    .replaceAll("0", "o")
    .replaceAll("1", "l");

const toolsOf = ({ items }: Linted) => items.filter(({ kind }) => kind === "tool");

function* oddNames({ items, server }: Linted): Generator<Found> {
  for (const item of items) {
    if (item.kind === "template" || (plainName.test(item.name) && `${server}__${item.name}`.length <= 128)) continue;
    const found = `the name "${visible(item.name)}"`;
    yield {
      item: itemText(item),
      path: "name",
      found,
      wanted: "letters, digits, _ . and -, 128 with the server's id; others are not listed on /mcp",
    };
  }
}

function* alikeNames(linted: Linted): Generator<Found> {
  const seen = new Map<string, string>();
  for (const item of toolsOf(linted)) {
    const key = blurred(item.name);
    const before = seen.get(key);
    seen.set(key, item.name);
    if (before === undefined) continue;
    yield { item: itemText(item), path: "name", found: `a name that reads as "${before}" does`, wanted: "names that differ to the eye" };
  }
}

/** `crm__refund` or `crm.refund` as the name of a tool of another server. */
function* borrowedNames(linted: Linted): Generator<Found> {
  for (const item of toolsOf(linted)) {
    const plain = plainText(item.name).toLowerCase();
    const owner = [...linted.others.keys()].find((server) => plain.startsWith(`${server}__`) || plain.startsWith(`${server}.`));
    if (owner === undefined) continue;
    yield {
      item: itemText(item),
      path: "name",
      found: `a name that begins like those of the server "${owner}"`,
      wanted: "a name of its own",
    };
  }
}

/** Names that are words of a language say nothing where they appear in a sentence. */
const distinctive = (name: string): boolean => name.length >= 6 && /[a-z][_.-][a-z]|[a-z][A-Z]/.test(name);

/** A description that speaks of another server's tool steers how that tool is used. */
function* namedElsewhere(linted: Linted): Generator<Found> {
  const own = new Set(linted.items.map(({ name }) => name));
  const foreign = [...linted.others].flatMap(([server, tools]) =>
    tools.flatMap((tool) => {
      const full = [`${server}__${tool}`, `${server}.${tool}`, `${server}/${tool}`];
      return distinctive(tool) && !own.has(tool)
        ? [...full, tool].map((word) => ({ word, server }))
        : full.map((word) => ({ word, server }));
    }),
  );
  for (const item of linted.items) {
    for (const { path, text } of textsOf(item)) {
      if (path === "name") continue;
      const plain = plainText(text);
      const named = foreign.find(({ word }) => holdsWord(plain, word));
      if (named === undefined) continue;
      const found = `"${named.word}", a tool of the server "${named.server}"`;
      yield { item: itemText(item), path, found, wanted: "texts that speak of their own server" };
    }
  }
}

function holdsWord(text: string, word: string): boolean {
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    const before = text[at - 1] ?? " ";
    const after = text[at + word.length] ?? " ";
    if (!/[\w-]/.test(before) && !/[\w-]/.test(after)) return true;
  }
  return false;
}

function* missing(linted: Linted): Generator<Found> {
  const names = toolsOf(linted).map(({ name }) => name);
  for (const wanted of linted.required) {
    const fits = glob(wanted);
    if (names.some(fits)) continue;
    yield { item: `server ${linted.server}`, path: "", found: `no tool "${wanted}"`, wanted: "a tool that lint.yaml requires" };
  }
}

function* forbidden(linted: Linted): Generator<Found> {
  for (const item of toolsOf(linted)) {
    // Also under names that only look another way.
    const pattern = linted.forbidden.find((one) => [item.name, plainText(item.name)].some(glob(one)));
    if (pattern === undefined) continue;
    yield { item: itemText(item), path: "name", found: `a tool that lint.yaml forbids as "${pattern}"`, wanted: "a server without it" };
  }
}

export const nameRules: readonly LintRule[] = [
  { id: "required-tool", level: "error", danger: "What depends on the tool would stop.", find: missing },
  { id: "forbidden-tool", level: "error", danger: "The company decided that no server may offer this.", find: forbidden },
  { id: "alike-names", level: "error", danger: "A permit for one is read as a permit for the other.", find: alikeNames },
  { id: "borrowed-name", level: "error", danger: "A model or a reviewer takes it for a tool of the other server.", find: borrowedNames },
  {
    id: "other-servers-tool",
    level: "error",
    danger: "A server that speaks of another one's tools changes how they are used, though it is never called itself.",
    find: namedElsewhere,
  },
  { id: "odd-name", level: "warning", danger: "Clients refuse such names, or show them as something else.", find: oddNames },
];
