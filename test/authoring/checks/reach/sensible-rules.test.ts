import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { demo, demoTables, mistakesOf, type Package, refusals } from "./checked.ts";

const constrain = (...lines: readonly string[]): string =>
  `constrain contains {"code": "a.b"} if {\n${lines.map((line) => `\t${line}`).join("\n")}\n}`;
const search = 'input.tool.id == "crm.search_customers"';

/** What a careful author writes, and must not be asked to write otherwise. */
const sensible: Readonly<Record<string, string | Package>> = {
  a_helper_that_takes_input_whole_and_looks_at_the_tool:
    'permit contains {"id": "x"} if refund(input)\n\nrefund(all) if all.tool.id == "crm.refund"',
  its_own_rule_by_its_full_path:
    'deny contains {"code": "a.b"} if data.policy.its_own_rule_by_its_full_path.closed\n\nclosed if input.tool.risk == "critical"',
  its_own_package_by_import: {
    rules: 'deny contains {"code": "a.b"} if own.closed\n\nclosed if input.tool.risk == "critical"',
    imports: "import data.policy.its_own_package_by_import as own",
  },
  a_member_named_like_a_builtin: 'permit contains {"id": "x"} if {\n\tobject := input.tool\n\tobject.name == "refund"\n}',
  data_of_the_author_by_import: {
    rules: 'deny contains {"code": "a.b"} if input.client.name in custom.suspended_clients',
    imports: "import data.custom",
  },
  a_suspended_client: 'deny contains {"code": "a.b"} if startswith(lower(input.client.name), "leaky")',
  a_suspended_client_in_a_helper: 'deny contains {"code": "a.b"} if leaky\n\nleaky if regex.match(`^leaky`, input.client.name)',
  a_limit_under_not: `${constrain(search, "not few")}\n\nfew if input.args.limit <= 100`,
  a_limit_with_a_default: `${constrain(search, "limit > 100")}\n\ndefault limit := 1000\n\nlimit := input.args.limit`,
  a_limit_with_an_else: `${constrain(search, "limit > 100")}\n\nlimit := input.args.limit if input.args\n\nelse := 1000`,
  a_limit_by_object_get: constrain(search, 'object.get(input.args, "limit", 1000) > 100'),
  a_limit_by_object_get_under_a_name: constrain(search, 'limit := object.get(input.args, "limit", 1000)', "limit > 100"),
  a_limit_inside_a_function_with_a_default: `${constrain(search, "limit(input.args) > 100")}\n\ndefault limit(_) := 1000\n\nlimit(args) := args.limit`,
  a_limit_and_what_counts_without_it: `${constrain(search, "input.args.limit > 100")}\n\n${constrain(search, "not input.args.limit")}`,
  an_argument_that_is_forbidden_where_it_is_given: constrain(
    'input.tool.id == "crm.update_customer"',
    '"email" in object.keys(input.args.fields)',
    'input.args.fields.email == "x"',
  ),
  an_argument_of_the_tool_by_id: constrain('input.tool.id == "crm.refund"', "input.args.amount > 1000"),
  an_argument_of_the_tool_in_a_set: constrain('input.tool.id in {"crm.refund"}', "input.args.amount > 1000"),
  an_argument_of_the_tool_by_name: constrain('input.tool.name == "refund"', "input.args.amount > 1000"),
  an_argument_of_the_tool_by_effect: constrain('"pay" in input.tool.effects', "input.args.amount > 1000"),
  an_argument_of_the_tool_by_the_beginning_of_its_name: constrain('startswith(input.tool.name, "refu")', "input.args.amount > 1000"),
  an_argument_of_all_tools_but_others: constrain("not harmless", "input.args.amount > 1000").concat(
    '\n\nharmless if input.tool.risk in {"low", "medium"}\n\nharmless if input.tool.risk == "critical"',
  ),
  an_argument_of_the_tool_by_a_helper: `${constrain("refund", "input.args.amount > 1000")}\n\nrefund if input.tool.id == "crm.refund"`,
  an_argument_of_the_tool_by_a_function: `${constrain('about("crm.refund")', "input.args.amount > 1000")}\n\nabout(id) if input.tool.id == id`,
  an_argument_of_the_tool_by_the_caller_of_the_helper: `${constrain('input.tool.id == "crm.refund"', "large")}\n\nlarge if input.args.amount > 1000`,
  an_argument_that_every_tool_requires: {
    rules: `${constrain("path := input.args.path", "not shared(path)")}\n\nshared(path) if startswith(path, "shared/")`,
    servers: "files",
  },
  all_arguments_whatever_their_names: constrain("some value in input.args", 'value == "x"'),
  all_arguments_however_deep: constrain("walk(input.args, [_, value])", 'value == "x"'),
  a_constraint_on_the_whole_uri: {
    rules: 'constrain contains {"code": "a.b"} if startswith(input.resource.path, "/x")',
    servers: "everything",
    kinds: "resource",
  },
  a_constraint_on_questions: { rules: 'constrain contains {"code": "a.b"} if input.sampling', kinds: "resource, sampling" },
  a_constraint_on_completions: { rules: 'constrain contains {"code": "a.b"} if input.completion', kinds: "prompt, completion" },
  a_constraint_on_what_the_agent_claims: constrain('input.request.intent == "bulk"'),
  a_client_by_a_key_that_counts_as_false_where_it_is_not:
    'deny contains {"code": "a.b"} if object.get({"leaky-ide": true}, input.client.name, false)',
  a_client_in_several_clauses:
    'deny contains {"code": "a.b"} if leaky\n\nleaky if input.client.name == "leaky-ide"\n\nleaky if input.client.name == "b"',
  a_limit_in_a_copy_with_a_value_in_its_place: constrain(search, 'object.union({"limit": 101}, input.args).limit > 100'),
  an_argument_that_no_tool_declares: constrain(search, 'object.get(input.args, "debug", false) == true'),
  a_result:
    'redact contains {"path": "/iban"} if not input.result.is_error\n\nwithhold contains {"code": "a.b"} if input.findings.secrets > 0',
  arguments_of_a_result: 'withhold contains {"code": "a.b"} if input.args.limit > 3',
  a_cost_by_an_argument_that_is_required:
    'oblige contains {"type": "budget", "name": "calls-per-minute", "cost": "{input.args.amount}"} if input.tool.id == "crm.refund"',
  a_data_class_that_no_tool_has_yet: 'deny contains {"code": "a.b"} if "health" in input.tool.data_classes',
  an_environment_that_no_server_has_yet: 'deny contains {"code": "a.b"} if input.server.environment == "production"',
  the_gateways_own_server: { rules: 'deny contains {"code": "a.b"} if input.server.id == "toolgate"', servers: '"*"' },
};

describe("a sensible rule passes", () => {
  it("each", async () => {
    const packages = Object.fromEntries(
      Object.entries(sensible).map(([name, one]) => [name, typeof one === "string" ? { rules: one } : one]),
    );
    const refused = Object.entries(await refusals(packages)).filter(([, checks]) => checks.length > 0);
    expect(refused).toEqual([]);
  });

  it("and so do the demo company's policies, with its tables", async () => {
    const files = readdirSync(join(demo, "policy")).filter((name) => name.endsWith(".rego") && !name.endsWith("_test.rego"));
    const modules = Object.fromEntries(
      files.map((name) => [name.slice(0, -".rego".length), readFileSync(join(demo, "policy", name), "utf8")]),
    );
    expect(Object.keys(modules).length).toBeGreaterThan(5);
    expect(await mistakesOf(modules, await demoTables())).toEqual([]);
  });

  it("and so do the packages of the policy guide, apart from names that only its own company has", async () => {
    const guide = readFileSync(join(demo, "../docs/policy/guide.md"), "utf8");
    const snippets = [...guide.matchAll(/^```rego\n([\s\S]*?)^```$/gm)].map(([, text]) => text ?? "");
    const shown = snippets.filter((text) => !/^package .*_test$/m.test(text));
    expect(shown.length).toBeGreaterThan(8);
    const modules = Object.fromEntries(shown.map((text, at) => [`snippet_${at}`, text]));
    expect(await mistakesOf(modules)).toEqual([]);
    const named = (await mistakesOf(modules, await demoTables())).filter(
      ({ check = "" }) => check !== "unknown-name" && check !== "missing-data" && check !== "unknown-budget",
    );
    expect(named).toEqual([]);
  });
});
