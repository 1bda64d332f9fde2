import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseUri } from "../../src/core/uri.ts";

function normal(text: string): string {
  const uri = parseUri(text);
  if (!uri.ok) throw new Error(`${text}: ${uri.error.detail}`);
  return uri.value.text;
}

function detail(text: string): string {
  const uri = parseUri(text);
  return uri.ok ? `read as ${uri.value.text}` : uri.error.detail;
}

describe("a URI", () => {
  it("is told in its parts", () => {
    expect(parseUri("HTTPS://Example.COM:8443/a/b?x=1")).toEqual({
      ok: true,
      value: { text: "https://example.com:8443/a/b?x=1", scheme: "https", host: "example.com:8443", path: "/a/b" },
    });
    expect(parseUri("file:///handbook/a.md")).toEqual({
      ok: true,
      value: { text: "file:///handbook/a.md", scheme: "file", path: "/handbook/a.md" },
    });
    expect(parseUri("urn:isbn:0451450523")).toEqual({
      ok: true,
      value: { text: "urn:isbn:0451450523", scheme: "urn", path: "isbn:0451450523" },
    });
  });

  it("has one form, however it is written", () => {
    const same: [string, string][] = [
      ["HTTP://EXAMPLE.com:80", "http://example.com/"],
      ["https://example.com:443/", "https://example.com/"],
      ["wss://example.com:/a", "wss://example.com/a"],
      ["ftp://example.com:0021/a", "ftp://example.com/a"],
      ["http://example.com:443/", "http://example.com:443/"],
      ["http://ex%41mple.com/", "http://example.com/"],
      ["http://[0:0:0:0:0:0:0:1]:8080/", "http://[::1]:8080/"],
      ["http://[::FFFF:127.0.0.1]/", "http://[::ffff:7f00:1]/"],
      ["test://x/%7euser/%c3%a9%2d", "test://x/~user/%C3%A9-"],
      ["test://x/a/./b/../c", "test://x/a/c"],
      ["test://x/a/%2e%2E/c", "test://x/c"],
      ["test://x/a/..", "test://x/"],
      ["test://x/a/.", "test://x/a/"],
      ["test://x/a/...", "test://x/a/..."],
      ["test://x/a//../b", "test://x/a/b"],
      ["test://x", "test://x"],
      ["test://x?q=%2Fetc%2f..", "test://x?q=%2Fetc%2F.."],
      ["test://x/?", "test://x/?"],
      ["mailto:Ann@Example.com", "mailto:Ann@Example.com"],
      ["urn:a:b%2Dc", "urn:a:b-c"],
      ["file:/etc/hosts", "file:/etc/hosts"],
      ["x://a%20b/%25%34%31", "x://a%20b/%2541"],
    ];
    for (const [written, wanted] of same) expect([written, normal(written)]).toEqual([written, wanted]);
  });

  it("may hold an encoded % that hides nothing, and parameters of other segments", () => {
    for (const text of ["file:///100%25.txt", "file:///a%25b", "http://x/a;v=1/b..;c/...;d"]) expect(normal(text)).toBe(text);
  });

  it("is refused where two readers could take it for two things, and told why", () => {
    const bad: [string, string][] = [
      ["", "no scheme"],
      ["/etc/passwd", "no scheme"],
      ["1a:b", "no scheme"],
      [":a", "no scheme"],
      ["test://x/a b", "a space"],
      ["test://x/a\tb", "a control character"],
      ["test://x/a\u0000b", "a control character"],
      ["test://x/a\n", "a control character"],
      ["test://x/é", "beyond ASCII"],
      ["test://x/\ud800", "beyond ASCII"],
      ["test://x/{id}", "the character {"],
      ['test://x/"', 'the character "'],
      ["test://x/a\\..\\b", "a backslash"],
      ["test://x/%", "two hex digits"],
      ["test://x/%2", "two hex digits"],
      ["test://x/%g0", "two hex digits"],
      ["test://x/%c0%af", "not UTF-8"],
      ["test://x/a%2fb", "%2F in the path"],
      ["test://x/a%5Cb", "%5C in the path"],
      ["test://x/a%00", "%00 in the path"],
      ["urn:a%2fb", "%2F in the path"],
      ["test://x/a%252e%252e%252fb", "encoded twice"],
      ["test://x/a%25252Fb", "encoded twice"],
      ["test://x/a%255cb", "encoded twice"],
      ["urn:a%2500", "encoded twice"],
      ["http://x/a/..;/b", "with parameters"],
      ["http://x/a/%2e%2E;c=1/b", "with parameters"],
      ["http://x/a/.;", "with parameters"],
      ["test://user@x/", "a user or password"],
      ["test://user:secret@x/", "a user or password"],
      ["test://@x/", "a user or password"],
      ["test://x%40y/", "an encoded delimiter"],
      ["test://x%2Fy/", "an encoded delimiter"],
      ["test://x:y/", "host:port"],
      ["test://:80/", "host:port"],
      ["test://x:65536/", "a port above"],
      ["test://[::1/", "host:port"],
      ["test://[::g]/", "IPv6"],
      ["test://[::1%25eth0]/", "an IPv6"],
      ["http://0x7f.1/", "four decimal"],
      ["http://127.1/", "four decimal"],
      ["http://2130706433/", "four decimal"],
      ["http://010.0.0.1/", "four decimal"],
      ["http://127.0.0.1./", "four decimal"],
      ["http://256.0.0.1/", "four decimal"],
      ["http:///a", "no host"],
      ["http:a", "no host"],
      ["https:/a", "no host"],
      ["test://x/..", "climb above the root"],
      ["file:///../etc", "climb above the root"],
      ["test://x/a/%2e%2e/../b", "climb above the root"],
      ["test:a/../b", "without a root"],
      ["file:../etc", "without a root"],
      ["test:/.//a", "begins with //"],
      ["file:////etc/passwd", "an empty segment"],
      ["file:///a//b", "an empty segment"],
      ["test://x/a#b", "a fragment"],
      ["test://x/[a]", "brackets in the path"],
      ["test://x?a[]=1", "brackets in the query"],
      [`test://x/${"a".repeat(2048)}`, "longer than 2048"],
    ];
    for (const [text, wanted] of bad) expect([text, detail(text)]).toEqual([text, expect.stringContaining(wanted)]);
  });

  it("never repeats a credential in what it says", () => {
    for (const text of ["https://ann:hunter2@x/", "https://ann:hunter2@x/ ", "https://ann:hunter2@x/%zz"]) {
      expect(detail(text)).not.toContain("hunter2");
    }
  });
});

const character = fc.constantFrom(
  ..."azAZ09-._~!$&'()*+,;=:@/?#[]%\\ é".split(""),
  "%2e",
  "%2E",
  "%2f",
  "/../",
  "/./",
  "//",
  "..",
  ".",
  "%41",
  "%c3%a9",
);
const anything = fc
  .tuple(fc.constantFrom("", "x:", "x://", "http://", "file:///", "FILE://", "urn:"), fc.array(character, { maxLength: 12 }))
  .map(([start, rest]) => start + rest.join(""));

/** Parts of a URI, to be written in more than one way. */
const segment = fc.stringMatching(/^[a-z0-9_~-]{1,6}$/);
const parts = fc.record({
  scheme: fc.constantFrom("http", "https", "ws", "wss", "ftp", "test"),
  host: fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/),
  segments: fc.array(segment, { minLength: 1, maxLength: 5 }),
  query: fc.option(segment, { nil: undefined }),
});
const defaultPort: Record<string, string> = { http: ":80", https: ":443", ws: ":80", wss: ":443", ftp: ":21" };

describe("the normal form", () => {
  it("is read as itself, has no dot segments, and is what its parts say", () => {
    fc.assert(
      fc.property(anything, (text) => {
        const uri = parseUri(text);
        if (!uri.ok) return;
        expect(parseUri(uri.value.text)).toEqual(uri);
        expect(uri.value.path).not.toMatch(/(^|\/)\.\.?(\/|$)/);
        expect(uri.value.path).not.toMatch(/%2f|%5c|%00|\\/i);
        expect(uri.value.text.startsWith(`${uri.value.scheme}:`)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it("is the same for every way to write a resource", () => {
    const ways = fc.array(fc.nat(5), { minLength: 20, maxLength: 20 });
    fc.assert(
      fc.property(parts, ways, ({ scheme, host, segments, query }, choices) => {
        let at = 0;
        const choose = (): number => choices[at++ % choices.length] ?? 0;
        const escaped = (text: string): string =>
          [...text].map((one) => (choose() === 0 ? `%${one.charCodeAt(0).toString(16)}` : one)).join("");
        const detours = ["", "/.", "/x/..", "/%2E", "/y/%2e%2e", "/x/../."];
        const tail = query === undefined ? "" : `?${query}`;
        const plain = `${scheme}://${host}/${segments.join("/")}${tail}`;
        const path = segments.map((one) => `${detours[choose()]}/${escaped(one)}`).join("");
        const name = choose() === 1 ? host.toUpperCase() : escaped(host);
        const port = choose() === 2 ? (defaultPort[scheme] ?? "") : "";
        const shown = choose() === 3 ? scheme.toUpperCase() : scheme;
        const spelled = `${shown}://${name}${port}${path}${query === undefined ? "" : `?${escaped(query)}`}`;
        expect(normal(spelled)).toBe(plain);
      }),
    );
  });
});
