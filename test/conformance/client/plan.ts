import type { Approved } from "../company.ts";

type Args = Readonly<Record<string, unknown>>;

/** What a scenario wants done with the tools of its server. Prompts and resources are all fetched, whatever the scenario. */
export interface Plan {
  /** Arguments by tool; none if absent. They are also the sample that the catalog asks for. */
  readonly args: Readonly<Record<string, Args>>;
  /** Tools that cannot be approved, with the reason. */
  readonly unfit?: Readonly<Record<string, string>>;
  /** Tools that the gateway must not let through. */
  readonly refused?: readonly string[];
  /** A tool whose argument of this name is the listed input schema of another. */
  readonly echo?: { readonly tool: string; readonly argument: string; readonly of: string };
}

const customHeaders = {
  region: "us-west1",
  priority: 42,
  verbose: false,
  debug: true,
  empty_val: "",
  method_val: "test-method",
  float_val: 2.5,
  non_ascii_val: "Hello, 世界",
  whitespace_val: " padded ",
  leading_space_val: " us-west1",
  trailing_space_val: "us-west1 ",
  internal_space_val: "us west 1",
  control_char_val: "line1\nline2",
  crlf_val: "line1\r\nline2",
  tab_val: "\tindented",
  query: "SELECT * FROM users",
};

const plans: Readonly<Record<string, Plan>> = {
  tools_call: { args: { add_numbers: { a: 2, b: 3 } } },
  "http-custom-headers": {
    args: {
      test_custom_headers: customHeaders,
      // The scenario suggests `verbose: null` here, which the tool's own schema does not allow: policy would never see it.
      test_custom_headers_null: { region: "us-east1", priority: 1, query: "SELECT 1" },
    },
  },
  "http-invalid-tool-headers": {
    args: { valid_tool: { region: "europe" } },
    refused: [
      "invalid_empty_header",
      "invalid_object_header",
      "invalid_array_header",
      "invalid_null_header",
      "invalid_number_header",
      "invalid_duplicate_same_case",
      "invalid_duplicate_diff_case",
      "invalid_space_in_name",
      "invalid_colon_in_name",
      "invalid_non_ascii_name",
      "invalid_control_char_name",
    ],
  },
  "json-schema-ref-no-deref": {
    args: {},
    unfit: { lookup_user: "its schema refers to another server, so nothing can be checked against it" },
    refused: ["lookup_user"],
  },
  "json-schema-2020-12-preservation": {
    args: { json_schema_2020_12_tool: { contactMethod: "phone", phone: "1" }, json_schema_echo: { schema: {} } },
    echo: { tool: "json_schema_echo", argument: "schema", of: "json_schema_2020_12_tool" },
  },
};

export function planFor(scenario: string): Plan {
  return plans[scenario] ?? { args: {} };
}

/** The tools of a listing that are fit, each with its arguments. */
export function toolsOf(plan: Plan, names: Iterable<string>): Approved["tools"] {
  const unfit = new Set([...Object.keys(plan.unfit ?? {}), ...(plan.refused ?? [])]);
  return Object.fromEntries([...names].filter((name) => !unfit.has(name)).map((name) => [name, plan.args[name] ?? {}]));
}
