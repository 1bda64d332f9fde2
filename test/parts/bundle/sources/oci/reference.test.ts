import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  isLoopbackRegistry,
  parseReference,
  referenceText,
  registryOrigin,
} from "../../../../../src/parts/bundle/sources/oci/reference.ts";

const digest = `sha256:${"ab".repeat(32)}`;

describe("a reference", () => {
  it.each([
    ["registry.example.com/policies/acme:prod", { host: "registry.example.com", repository: "policies/acme", tag: "prod" }],
    [`127.0.0.1:5000/acme@${digest}`, { host: "127.0.0.1:5000", repository: "acme", digest }],
    [`localhost/a__b/c-d.e:1.2.3@${digest}`, { host: "localhost", repository: "a__b/c-d.e", tag: "1.2.3", digest }],
    ["[::1]:5000/acme:x", { host: "[::1]:5000", repository: "acme", tag: "x" }],
  ])("%s is read, and written as it was", (text, wanted) => {
    const parsed = parseReference(text);
    expect(parsed).toEqual({ ok: true, value: wanted });
    expect(parsed.ok && referenceText(parsed.value)).toBe(text);
  });

  it.each([
    ["acme:prod", "no registry"],
    ["policies/acme:prod", "no registry"],
    ["https://registry.example.com/acme:prod", "no registry"],
    ["robot:pw@registry.example.com/acme:prod", "the digest"],
    ["registry.example.com/acme", "neither a tag nor a digest"],
    ["registry.example.com/Acme:prod", "the repository"],
    ["registry.example.com/../acme:prod", "the repository"],
    ["registry.example.com/acme/:prod", "the repository"],
    ["registry.example.com/acme:pr od", "the tag"],
    ["registry.example.com/acme:../x", "the tag"],
    ["registry.example.com/acme?x=1:prod", "the repository"],
    ["registry.example.com/acme@sha256:abc", "the digest"],
    [`registry.example.com/acme@sha512:${"ab".repeat(64)}`, "the digest"],
    [`registry.example.com/acme@${digest}@${digest}`, "more than one @"],
    [`registry.example.com/${"a".repeat(600)}:x`, "characters"],
    ["", "no registry"],
  ])("%j is refused: %s", (text, why) => {
    expect(parseReference(text)).toEqual({ ok: false, error: expect.stringContaining(why) });
  });

  it("is either refused or written back as what it was, whatever it is, and leads to the host that it names", () => {
    const part = fc.stringMatching(/^[a-zA-Z0-9./:@_[\]-]{0,40}$/);
    fc.assert(
      fc.property(
        fc.oneof(
          part,
          fc.string(),
          part.map((text) => `r.example.com/${text}`),
        ),
        (text) => {
          const parsed = parseReference(text);
          if (!parsed.ok) return;
          expect(referenceText(parsed.value).toLowerCase()).toBe(text.toLowerCase());
          expect(registryOrigin(parsed.value.host, false)).toMatch(/^https:\/\//);
        },
      ),
    );
  });

  it("is on loopback only where its host says so", () => {
    const loopback = ["127.0.0.1:5000/a:b", "localhost/a:b", "[::1]:5000/a:b"];
    expect(loopback.map(isLoopbackRegistry)).toEqual([true, true, true]);
    expect(["127.0.0.1.example.com/a:b", "localhost.example.com/a:b", "10.0.0.1/a:b", "nonsense"].some(isLoopbackRegistry)).toBe(false);
  });
});
