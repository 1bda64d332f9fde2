import { fileURLToPath } from "node:url";
import type { Mistake } from "../core/mistakes.ts";

/** What policies may call, for `opa --capabilities`: the same way up from `src/` and from `dist/`. */
export const capabilitiesFile = fileURLToPath(new URL("../../policies/capabilities.json", import.meta.url));

export interface LeftOut {
  /** Why a policy cannot call it. */
  readonly reason: string;
  /** What to do instead. */
  readonly remedy: string;
}

const network = { reason: "it asks the network", remedy: "put the data into custom.yaml or the tables" } as const;
const chance = { reason: "it answers by chance", remedy: "take what must be unique from the input, e.g. input.session.id" } as const;
const signs = {
  reason: "it signs with a private key, and every reader of the bundle would have the key",
  remedy: "let a server sign",
} as const;
const x509 = {
  reason: "its answer is the inside of Go's own reader of certificates, which nothing else reproduces field by field",
  remedy: "check the certificate where the connection ends, and use input.network.mtls",
} as const;
const keys = {
  reason: "a private key has no place in a policy: every reader of the bundle would have it",
  remedy: "keep keys out of policies",
} as const;
const graphql = {
  reason: "its answer is the syntax tree of one reader of GraphQL, and no other gives the same",
  remedy: "let the server take the operation's name as an argument of its own",
} as const;
const yaml = {
  reason: "readers of YAML disagree on what a text means, so that the value judged could be another than the value used",
  remedy: "use json.unmarshal or json.marshal",
} as const;
const cast = { reason: "Rego v1 has removed it", remedy: "use is_array, is_boolean, is_null, is_object, is_set or is_string" } as const;

/** Built-ins of OPA that policies cannot call here. docs/policy/built-ins.md is held against this table. */
export const leftOut: Readonly<Record<string, LeftOut>> = {
  "http.send": network,
  "net.lookup_ip_addr": network,
  "opa.runtime": { reason: "it tells about the machine that evaluates", remedy: "use input.environment and custom.yaml" },
  "rand.intn": chance,
  "uuid.rfc4122": chance,
  "io.jwt.encode_sign": signs,
  "io.jwt.encode_sign_raw": signs,
  "providers.aws.sign_req": signs,
  "io.jwt.decode_verify": {
    reason: "it judges by the clock of the machine unless told otherwise",
    remedy: "use io.jwt.verify_* and io.jwt.decode, and compare the claims with input.time",
  },
  "crypto.parse_private_keys": keys,
  "crypto.x509.parse_keypair": keys,
  "crypto.x509.parse_rsa_private_key": keys,
  "crypto.x509.parse_and_verify_certificates": x509,
  "crypto.x509.parse_and_verify_certificates_with_options": x509,
  "crypto.x509.parse_certificate_request": x509,
  "crypto.x509.parse_certificates": x509,
  "graphql.is_valid": graphql,
  "graphql.parse": graphql,
  "graphql.parse_and_verify": graphql,
  "graphql.parse_query": graphql,
  "graphql.parse_schema": graphql,
  "graphql.schema_is_valid": graphql,
  "yaml.is_valid": yaml,
  "yaml.marshal": yaml,
  "yaml.unmarshal": yaml,
  "rego.parse_module": { reason: "it needs OPA's compiler at run time", remedy: "check policies in CI, with toolgate policy check" },
  "rego.metadata.chain": {
    reason: "it reads annotations that a compiled module no longer has",
    remedy: "write the value into the rule, or into custom.yaml",
  },
  "rego.metadata.rule": {
    reason: "it reads annotations that a compiled module no longer has",
    remedy: "write the value into the rule, or into custom.yaml",
  },
  "strings.render_template": {
    reason: "it runs a language of its own, with loops that no rule bounds",
    remedy: 'use sprintf, or a template string such as $"a {input.user.id}"',
  },
  "base64.is_valid": {
    reason: "the module says yes to texts that are no base64, and a check that trusts it would pass them",
    remedy: "use regex.match with the alphabet you mean",
  },
  "json.is_valid": {
    reason: "the module says yes to texts that are no JSON, such as 0x10, and a check that trusts it would pass them",
    remedy: 'use json.verify_schema or json.match_schema(text, "{}"), which read JSON as OPA does',
  },
  replace: {
    reason: "in a module it never ends for an empty text to be replaced, and an argument may be that text",
    remedy: "use regex.replace",
  },
  trace: { reason: "it writes to a trace, and a decision has none", remedy: "use print in tests" },
  all: { reason: "Rego v1 has removed it", remedy: "use every" },
  any: { reason: "Rego v1 has removed it", remedy: "use some … in" },
  re_match: { reason: "Rego v1 has removed it", remedy: "use regex.match" },
  set_diff: { reason: "Rego v1 has removed it", remedy: "use the operator -" },
  "net.cidr_overlap": { reason: "Rego v1 has removed it", remedy: "use net.cidr_contains" },
  cast_array: cast,
  cast_boolean: cast,
  cast_null: cast,
  cast_object: cast,
  cast_set: cast,
  cast_string: cast,
};

const undefinedFunction = /^undefined function ([a-z0-9_.]+)$/;
const deprecatedFunction = /^deprecated built-in function calls in expression: ([a-z0-9_.]+)$/;

/** The mistake behind an error of `opa check` that names a built-in which is not offered; undefined for other errors. */
export function builtinMistake(message: string, file: string, line: number | undefined): Mistake | undefined {
  const name = (undefinedFunction.exec(message) ?? deprecatedFunction.exec(message))?.[1];
  const entry = name === undefined ? undefined : Object.hasOwn(leftOut, name) ? leftOut[name] : undefined;
  if (name === undefined || entry === undefined) return undefined;
  return {
    file,
    path: "",
    found: `the built-in ${name}`,
    wanted: "a built-in of docs/policy/built-ins.md",
    remedy: `${entry.reason}: ${entry.remedy}`,
    ...(line === undefined ? {} : { line }),
  };
}
