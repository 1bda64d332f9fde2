/** A way to get in that a registry names in `WWW-Authenticate` (RFC 9110, section 11.6.1). */
export interface Challenge {
  /** In lower case. */
  readonly scheme: string;
  /** By name in lower case. */
  readonly parameters: ReadonlyMap<string, string>;
}

const LONGEST = 8192;
const token = /[!#$%&'*+\-.^_`|~0-9A-Za-z]+/y;
const blanks = /[ \t]*/y;
const quoted = /"((?:[^"\\]|\\.)*)"/y;

/** Every challenge of the header, in order; what cannot be read ends the list. */
export function parseChallenges(header: string): readonly Challenge[] {
  if (header.length > LONGEST) return [];
  const reader = new Reader(header);
  const challenges: Challenge[] = [];
  for (;;) {
    reader.skipCommas();
    const scheme = reader.read(token);
    if (scheme === undefined) return challenges;
    challenges.push({ scheme: scheme.toLowerCase(), parameters: readParameters(reader) });
  }
}

function readParameters(reader: Reader): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>();
  for (;;) {
    const back = reader.at;
    reader.skipCommas();
    const name = reader.read(token);
    reader.read(blanks);
    // A word without "=" behind it begins the next challenge.
    if (name === undefined || !reader.eat("=")) {
      reader.at = back;
      return parameters;
    }
    reader.read(blanks);
    const value = reader.read(quoted, 1)?.replaceAll(/\\(.)/g, "$1") ?? reader.read(token);
    if (value === undefined) return parameters;
    // The first of two counts: whoever adds to the end of a header must not change what stands before.
    if (!parameters.has(name.toLowerCase())) parameters.set(name.toLowerCase(), value);
  }
}

class Reader {
  readonly #text: string;
  at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  read(form: RegExp, group = 0): string | undefined {
    form.lastIndex = this.at;
    const match = form.exec(this.#text);
    if (match === null) return undefined;
    this.at = form.lastIndex;
    return match[group];
  }

  eat(sign: string): boolean {
    if (this.#text[this.at] !== sign) return false;
    this.at += 1;
    return true;
  }

  skipCommas(): void {
    do this.read(blanks);
    while (this.eat(","));
  }
}
