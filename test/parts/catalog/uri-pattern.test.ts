import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Result } from "../../../src/core/result.ts";
import { readUriPattern, readUriTemplate, type UriPattern } from "../../../src/parts/catalog/index.ts";

function read(pattern: Result<UriPattern, string>): UriPattern {
  if (!pattern.ok) throw new Error(pattern.error);
  return pattern.value;
}

const fitting = (pattern: UriPattern, uris: readonly string[]) => uris.filter(pattern.fits);

describe("a pattern of URIs", () => {
  it("without stars is one URI", () => {
    const pattern = read(readUriPattern("docs://readme"));
    expect(pattern.literal).toBe("docs://readme");
    expect(fitting(pattern, ["docs://readme", "docs://readme/", "docs://readm", "docs://readme2"])).toEqual(["docs://readme"]);
  });

  it("lets one star stand for characters within a segment, and two for any", () => {
    const uris = ["file:///a/", "file:///a/b.md", "file:///a/b/c.md", "file:///a/b?c.md", "file:///ab.md", "file:///a/b/c/d.txt"];
    const fits = (pattern: string) => fitting(read(readUriPattern(pattern)), uris);
    expect(fits("file:///a/*")).toEqual(["file:///a/", "file:///a/b.md"]);
    expect(fits("file:///a/**")).toEqual(uris.filter((uri) => uri !== "file:///ab.md"));
    expect(fits("file:///a/*.md")).toEqual(["file:///a/b.md"]);
    expect(fits("file:///a/**.md")).toEqual(["file:///a/b.md", "file:///a/b/c.md", "file:///a/b?c.md"]);
    expect(fits("file:///a/*/*.md")).toEqual(["file:///a/b/c.md"]);
    expect(fits("file:///a/*/**/*.txt")).toEqual(["file:///a/b/c/d.txt"]);
    expect(fits("file:///*.md")).toEqual(["file:///ab.md"]);
  });

  it("has a literal beginning up to its first star", () => {
    expect(read(readUriPattern("https://*.example.com/**")).literal).toBe("https://");
    expect(
      fitting(read(readUriPattern("https://*.example.com/**")), ["https://a.example.com/x", "https://evil.com/.example.com/x"]),
    ).toEqual(["https://a.example.com/x"]);
  });

  it("is refused unless it is normalised, however many tildes it holds", () => {
    const wanted = (text: string) => {
      const pattern = readUriPattern(text);
      return pattern.ok ? "read" : pattern.error;
    };
    expect(wanted("test://x/%7E~~_*_~/**")).toBe('its normal form "test://x/~~~_*_~/**"');
    expect(wanted("HTTPS://Example.com:443/%7ea/*?q=*")).toBe('its normal form "https://example.com/~a/*?q=*"');
    expect(wanted("test://x/a/../*")).toBe('its normal form "test://x/*"');
    expect(wanted("test://x/*/../a")).toContain("dot segments that remove what is variable");
    expect(wanted("test://x/../*")).toContain("climb above the root");
    expect(wanted("*://x")).toContain("no scheme");
    expect(wanted("test://x/*#a")).toContain("a fragment");
    expect(wanted("test://x/~~_*_~/**")).toBe("read");
  });

  it("fits exactly what the words say, whatever the two hold", () => {
    const patterns = fc.array(fc.constantFrom("*", "**", "a", ".", "/", "?"), { maxLength: 8 }).map((parts) => `x:/a${parts.join("")}`);
    const texts = fc.stringMatching(/^[ab./?]{0,12}$/).map((tail) => `x:/a${tail}`);
    fc.assert(
      fc.property(patterns, texts, (written, text) => {
        const pattern = readUriPattern(written);
        if (!pattern.ok) return;
        const words = written.replaceAll(/[.?]/g, "\\$&").replaceAll(/\*\*|\*/g, (star) => (star === "*" ? "[^/?#]*" : ".*"));
        expect(pattern.value.fits(text)).toBe(new RegExp(`^${words}$`).test(text));
      }),
      { numRuns: 3000 },
    );
  });

  it("with many stars answers on a text made to fail", () => {
    const pattern = read(readUriPattern(`x:/${"**a*".repeat(100)}b`));
    expect(pattern.fits(`x:/${"a".repeat(2000)}`)).toBe(false);
    expect(pattern.fits(`x:/${"a".repeat(2000)}b`)).toBe(true);
  });
});

describe("a template of URIs", () => {
  const fits = (template: string, uris: readonly string[]) => fitting(read(readUriTemplate(template)), uris);

  it("stands for what it can expand to", () => {
    expect(fits("test://t/{id}/data", ["test://t/1/data", "test://t/a%20b/data", "test://t/1/2/data", "test://t/1"])).toEqual([
      "test://t/1/data",
      "test://t/a%20b/data",
    ]);
    expect(fits("test://t/{a,b}", ["test://t/1,2", "test://t/1/2"])).toEqual(["test://t/1,2"]);
    expect(fits("test://t/{+path}", ["test://t/a/b?c", "test://t"])).toEqual(["test://t/a/b?c"]);
    expect(fits("test://t{/a*}/x", ["test://t/x", "test://t/a/b/x", "test://tab/x", "test://t/a?b/x"])).toEqual([
      "test://t/x",
      "test://t/a/b/x",
    ]);
    expect(fits("test://t{?a,b*}", ["test://t", "test://t?a=1&b=/2", "test://tab", "test://t/c?a=1"])).toEqual([
      "test://t",
      "test://t?a=1&b=/2",
    ]);
    expect(fits("test://t?x=1{&a:3}", ["test://t?x=1", "test://t?x=1&a=abc", "test://t?x=12"])).toEqual([
      "test://t?x=1",
      "test://t?x=1&a=abc",
    ]);
    expect(fits("test://t/f{.ext}{;v}", ["test://t/f.md", "test://t/f.md;v=1", "test://t/f", "test://t/fx", "test://t/f.a/b"])).toEqual([
      "test://t/f.md",
      "test://t/f.md;v=1",
      "test://t/f",
    ]);
    expect(fits("test://t{#a}", ["test://t", "test://ta"])).toEqual(["test://t"]);
  });

  it("is matched in its normal form, because a URI is", () => {
    const template = read(readUriTemplate("Note://Crm/%7Ea/{id}"));
    expect(template.literal).toBe("note://crm/~a/");
    expect(template.fits("note://crm/~a/1")).toBe(true);
  });

  it("is refused if it is none", () => {
    for (const text of [
      "{+uri}",
      "x",
      "test://{",
      "test://}",
      "test://t/{}",
      "test://t/{a b}",
      "test://t/{=a}",
      "test://t/{a}/../b",
      "test://t/ü{a}",
    ])
      expect([text, readUriTemplate(text).ok]).toEqual([text, false]);
  });
});
