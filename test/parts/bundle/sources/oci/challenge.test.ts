import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseChallenges } from "../../../../../src/parts/bundle/sources/oci/challenge.ts";

const plain = (header: string) => parseChallenges(header).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)]);

describe("WWW-Authenticate", () => {
  it.each<[string, unknown]>([
    [
      'Bearer realm="https://auth.example.com/token",service="registry",scope="repository:a/b:pull,push"',
      [["bearer", { realm: "https://auth.example.com/token", service: "registry", scope: "repository:a/b:pull,push" }]],
    ],
    ['Basic realm="a \\"quoted\\" one"', [["basic", { realm: 'a "quoted" one' }]]],
    [
      'Basic realm="x", Bearer realm = "y" , service=z',
      [
        ["basic", { realm: "x" }],
        ["bearer", { realm: "y", service: "z" }],
      ],
    ],
    ['BEARER Realm="first", realm="second"', [["bearer", { realm: "first" }]]],
    ["Negotiate", [["negotiate", {}]]],
    ['Bearer realm="never ends', [["bearer", {}]]],
    [",,, ,", []],
    ["", []],
  ])("%j is read", (header, wanted) => {
    expect(plain(header)).toEqual(wanted);
  });

  it("of any kind is read to an end, and never with a name that was not in it", () => {
    const piece = fc.oneof(fc.string(), fc.constantFrom("Bearer ", "realm=", '"', "\\", ",", " ", "="));
    fc.assert(
      fc.property(
        fc.array(piece).map((pieces) => pieces.join("")),
        (header) => {
          for (const { scheme, parameters } of parseChallenges(header)) {
            expect(header.toLowerCase()).toContain(scheme);
            for (const name of parameters.keys()) expect(header.toLowerCase()).toContain(name);
          }
        },
      ),
    );
  });
});
