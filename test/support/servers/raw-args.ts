/** The exact text of `params.arguments` in a JSON-RPC request, undefined if absent. Assumes well-formed JSON. */
export function rawArguments(body: string): string | undefined {
  const params = member(body, 0, "params");
  return params === undefined ? undefined : slice(body, member(body, params, "arguments"));
}

function slice(text: string, start: number | undefined): string | undefined {
  return start === undefined ? undefined : text.slice(start, skip(text, start));
}

/** Where the value of a member of the object at `at` begins. */
function member(text: string, at: number, name: string): number | undefined {
  let i = space(text, space(text, at) + 1);
  while (text[i] === '"') {
    const end = skip(text, i);
    const key: unknown = JSON.parse(text.slice(i, end));
    const value = space(text, space(text, end) + 1);
    if (key === name) return value;
    i = space(text, skip(text, value));
    if (text[i] !== ",") return undefined;
    i = space(text, i + 1);
  }
  return undefined;
}

/** Where the value that begins at `at` ends. */
function skip(text: string, at: number): number {
  let depth = 0;
  let i = at;
  for (;;) {
    const c = text[i];
    if (c === undefined) return i;
    if (c === '"') {
      i++;
      while (text[i] !== '"') i += text[i] === "\\" ? 2 : 1;
    } else if (c === "{" || c === "[") depth++;
    else if (c === "}" || c === "]") {
      if (depth === 0) return i;
      depth--;
    } else if (depth === 0 && (c === "," || c === ":")) return i;
    i++;
    if (depth === 0 && (c === '"' || c === "}" || c === "]")) return i;
  }
}

function space(text: string, at: number): number {
  let i = at;
  while (text[i] === " " || text[i] === "\n" || text[i] === "\r" || text[i] === "\t") i++;
  return i;
}
