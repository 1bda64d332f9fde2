import { readFileSync } from "node:fs";
import { text } from "./sampling.ts";

/** Tokens and the public halves of the keys that signed them; the private halves were never kept. */
const { tokens, pem, jwk }: { tokens: Record<string, string>; pem: Record<string, string>; jwk: Record<string, object> } = JSON.parse(
  readFileSync(new URL("tokens.json", import.meta.url), "utf8"),
);

const encoded = (value: unknown): string => Buffer.from(typeof value === "string" ? value : text(value)).toString("base64url");
const raw = (header: unknown, payload: unknown, signature = "c2ln"): string => `${encoded(header)}.${encoded(payload)}.${signature}`;

const keys: readonly unknown[] = [
  ...Object.values(pem),
  text(jwk.rsa),
  text(jwk.ed),
  text({
    keys: [
      { ...jwk.rsa, kid: "x", alg: "RS256" },
      { ...jwk.rsa, kid: "r", alg: "RS256" },
      { ...jwk.ec, alg: "ES256" },
      { ...jwk.ec3, alg: "ES384" },
      { ...jwk.ec5, kid: "e5" },
      { ...jwk.ed, alg: "EdDSA" },
      { ...jwk.rsa, alg: "RSA-OAEP" },
    ],
  }),
  text({ keys: [{ ...jwk.ec, kid: "r" }, jwk.rsa] }),
  ...[
    "x",
    "",
    "[]",
    "1",
    text({ keys: [] }),
    text({ kty: "foo" }),
    text({ n: "AQ", e: "AQAB" }),
    text({ kty: "EC", crv: "P-256", x: "AA", y: "AA" }),
  ],
  ...[
    `${pem.rsa}${pem.ec}`,
    pem.rsa?.trim(),
    ` ${pem.rsa}`,
    `hello\n${pem.rsa}`,
    text({ ...jwk.rsa, alg: 1 }),
    text({ ...jwk.rsa, use: "enc" }),
  ],
];
const asymmetric = ["rs256", "rs384", "rs512", "ps256", "ps384", "ps512", "es256", "es384", "es512", "eddsa"];
const changed = (token: string | undefined = ""): string => `${token.slice(0, -3)}${token.at(-3) === "A" ? "B" : "A"}${token.slice(-2)}`;

const headers = [
  ...[{ alg: 1 }, { kid: 1 }, { typ: null }, { crit: [] }, { crit: ["x"] }, { crit: "x" }, { crit: [1] }, { crit: [1, "x"] }, { cty: {} }],
  { alg: "RS256", kid: "nope" },
];
const payload = { a: 1 };
const odd = [
  ...[
    raw({ alg: "none" }, payload),
    raw({}, payload, ""),
    raw({}, payload, "c2lnbg=="),
    raw({}, payload, "c2lnbg="),
    raw({}, payload, "c2lnb"),
  ],
  ...[
    raw({}, payload, "++//"),
    raw("[]", payload),
    raw("x", payload),
    raw({}, [1]),
    raw({}, "1"),
    raw({ enc: "x" }, payload),
    raw({}, payload, "_w"),
  ],
  ...[
    raw({ cty: "JWT" }, raw({}, payload)),
    raw({ cty: "JWT" }, text(raw({}, payload))),
    raw({ cty: "jwt" }, payload),
    raw({ cty: "JWT" }, payload),
  ],
  ...[
    "a.b",
    "a",
    "",
    "..",
    "a.b.c.d",
    raw({}, payload, "c2l\nn"),
    raw({}, payload, "é"),
    raw({ crit: [] }, payload),
    `${raw({}, payload)}=`,
  ],
  raw({}, '{"a":1,"a":2,"b":1.0,"c":1e3,"d":12345678901234567890,"é":"\\u00e9\\ud800"}'),
  ...[raw({}, ' {\n "a" : [ 1 , 2 ] } '), raw({}, '{"a":1}x'), raw({}, '{"a":01}'), raw({}, '{"__proto__":1,"a":{"__proto__":2}}')],
];

export const tokenCases = [
  ...asymmetric.flatMap((name) => keys.map((key) => `io.jwt.verify_${name}(${text(tokens[name])}, ${text(key)})`)),
  ...asymmetric.flatMap((name) =>
    ["rs256", "es256", "eddsa"].map(
      (other) => `io.jwt.verify_${name}(${text(tokens[other])}, ${text(text({ keys: [jwk.rsa, jwk.ec, jwk.ed] }))})`,
    ),
  ),
  ...asymmetric.map((name) => `io.jwt.verify_${name}(${text(changed(tokens[name]))}, ${text(text({ keys: Object.values(jwk) }))})`),
  ...["hs256", "hs384", "hs512"].flatMap((name) =>
    ["sécret", "k", ""].flatMap((secret) => [
      `io.jwt.verify_${name}(${text(tokens[name])}, ${text(secret)})`,
      `io.jwt.verify_${name}(${text(changed(tokens[name]))}, ${text(secret)})`,
    ]),
  ),
  ...headers.map((header) => `io.jwt.verify_rs256(${text(raw(header, payload))}, ${text(pem.rsa)})`),
  ...[...Object.values(tokens), ...odd].map((token) => `io.jwt.decode(${text(token)})`),
  ...[
    "io.jwt.decode(opaque(1))",
    'io.jwt.verify_hs256("a.b", "k")',
    'io.jwt.verify_hs256("a.b.c", "k")',
    'io.jwt.verify_hs256("a.b.cc", opaque(1))',
  ],
];
