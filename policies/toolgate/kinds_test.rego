# One target of each kind: whose grants count for it, and which facts deny it. Helpers stand in toolgate_test.rego.
package toolgate_test

import data.toolgate

# What the host says of a target, with the role that grants it and nothing else.
kinds := {
	"tool": {"target": {"id": "s.run", "name": "run", "pinned": true}, "role": {"grants": {"s": {"run": true}}}},
	"prompt": {"target": {"id": "s.greet", "name": "greet", "pinned": true}, "role": {"prompts": {"s": {"greet": true}}}},
	"resource": {
		"target": {"id": "s.notes", "entry": "notes", "uri": "file:///notes/a", "scheme": "file", "path": "/notes/a", "pinned": true},
		"role": {"resources": {"s": {"notes": true}}},
	},
	"completion": {
		"target": {"id": "s.greet", "of": "prompts", "name": "greet", "argument": "city", "pinned": true},
		"role": {"prompts": {"s": {"greet": true}}},
	},
	"elicitation": {"target": {"id": "s.elicitation", "origin": "s.run", "mode": "form", "fields": []}, "role": {"asks": {"s": {"elicitation": true}}}},
	"sampling": {"target": {"id": "s.sampling", "origin": "s.run", "max_tokens": 1}, "role": {"asks": {"s": {"sampling": true}}}},
	"roots": {"target": {"id": "s.roots", "origin": "s.run"}, "role": {"asks": {"s": {"roots": true}}}},
	"extension": {
		"target": {"id": "s.search/query", "method": "search/query", "extension": "com.example/search"},
		"role": {"methods": {"s": {"search/query": true}}},
	},
}

of_resource := {"id": "s.notes", "of": "resources", "name": "notes", "argument": "id", "pinned": true}

server := target.server

asked_of(kind, about) := object.union(caller, {"server": server, "args": {}, kind: about})

granted_by(role) := object.union(object.remove(company({}), ["roles"]), {"roles": {"all": role}})

test_every_kind_has_a_target_here if {
	{kind | some kind, _ in kinds} == {kind | some kind in toolgate.target_kinds}
}

test_each_kind_is_granted_by_its_own_table if {
	every kind, k in kinds {
		world := granted_by(k.role)
		answer := decided(asked_of(kind, k.target), world)
		answer.effect == "allow"
		{p | some p in answer.permits} == {{"rule": "role", "id": "all"}}
	}
}

test_no_kind_is_granted_by_the_table_of_another if {
	every kind, k in kinds {
		others := [role |
			some other, o in kinds
			not same_table(k.role, o.role)
			role := o.role
		]
		count(others) > 3
		every role in others {
			world := granted_by(role)
			answer := decided(asked_of(kind, k.target), world)
			not answer.known
			count(answer.permits) == 0
		}
	}
}

same_table(role, role)

test_a_name_counts_in_its_own_table_only if {
	everywhere := {"run": true, "greet": true, "notes": true, "elicitation": true, "sampling": true, "roots": true, "search/query": true}
	tables := {"tool": "grants", "prompt": "prompts", "resource": "resources", "completion": "prompts", "elicitation": "asks", "sampling": "asks", "roots": "asks", "extension": "methods"}
	every kind, table in tables {
		role := {other: {"s": everywhere} | some other in ["grants", "prompts", "resources", "asks", "methods"]; other != table}
		world := granted_by(role)
		answer := decided(asked_of(kind, kinds[kind].target), world)
		not answer.known
	}
}

test_a_completion_counts_for_what_it_completes if {
	world := granted_by({"resources": {"s": {"notes": true}}})
	resource := decided(asked_of("completion", of_resource), world)
	resource.effect == "allow"
	prompt := decided(asked_of("completion", object.union(of_resource, {"of": "prompts"})), world)
	not prompt.known
}

test_a_completion_of_anything_else_is_granted_by_no_role if {
	every of in ["grants", "asks", "", null, 1] {
		role := {"grants": {"s": {"notes": true}}, "asks": {"s": {"notes": true}}}
		world := granted_by(role)
		answer := decided(asked_of("completion", object.union(of_resource, {"of": of})), world)
		not answer.known
	}
}

test_a_target_without_a_name_is_granted_by_no_role if {
	nameless := {
		"tool": ["name"],
		"prompt": ["name"],
		"resource": ["entry"],
		"completion": ["of", "name"],
		"extension": ["method"],
	}
	every kind, members in nameless {
		every member in members {
			world := granted_by(kinds[kind].role)
			answer := decided(asked_of(kind, object.remove(kinds[kind].target, [member])), world)
			not answer.known
		}
	}
}

test_a_user_through_an_agent_needs_both_sides_for_each_kind if {
	every kind, k in kinds {
		world := granted_by(k.role)
		every without in ["agent", "user"] {
			answer := decided(object.union(asked_of(kind, k.target), {without: {"roles": []}}), world)
			not answer.known
		}
	}
}

test_an_agent_alone_may_use_each_kind_by_its_own_roles if {
	every kind, k in kinds {
		world := granted_by(k.role)
		alone := object.union(object.remove(asked_of(kind, k.target), ["user"]), {"principal": {"kind": "agent"}})
		allowed := decided(alone, world)
		allowed.effect == "allow"
		denied := decided(object.union(alone, {"agent": {"roles": []}}), world)
		not denied.known
	}
}

permitted_by_rule := object.union(company({"permit": {{"id": "x", "for": "both"}}}), {"index_kinds": {"p": ["tool", "prompt", "resource", "completion", "elicitation", "sampling", "roots", "extension"]}})

test_each_kind_may_be_permitted_by_a_rule if {
	every kind, k in kinds {
		answer := decided(object.union(asked_of(kind, k.target), {"agent": {"roles": []}, "user": {"roles": []}}), permitted_by_rule)
		answer.effect == "allow"
	}
}

test_a_definition_that_is_not_the_approved_one_denies_whoever_permits if {
	codes := {"tool": "tool.drifted", "prompt": "prompt.drifted", "resource": "resource.drifted", "completion": "prompt.drifted"}
	every kind, code in codes {
		about := kinds[kind].target
		every drifted in [object.remove(about, ["pinned"]), object.union(about, {"pinned": false}), object.union(about, {"pinned": "true"}), object.union(about, {"pinned": null})] {
			answer := decided(asked_of(kind, drifted), permitted_by_rule)
			answer.effect == "deny"
			answer.reasons == {{"rule": "toolgate", "value": {"code": code}}}
		}
	}
}

test_a_completion_of_a_template_that_drifted_says_so if {
	answer := decided(asked_of("completion", object.remove(of_resource, ["pinned"])), permitted_by_rule)
	answer.reasons == {{"rule": "toolgate", "value": {"code": "resource.drifted"}}}
}

test_what_drifted_is_not_listed if {
	every kind in ["tool", "prompt", "resource"] {
		about := kinds[kind].target
		items := [{"server": server, kind: about}, {"server": server, kind: object.remove(about, ["pinned"])}]
		listed(object.union(caller, {"items": items}), permitted_by_rule) == [0]
	}
}

test_a_list_may_hold_every_kind if {
	items := [{"server": server, kind: kinds[kind].target} | some kind in ["tool", "prompt", "resource"]]
	role := {"grants": {"s": {"run": true}}, "resources": {"s": {"notes": true}}}
	world := granted_by(role)
	listed(object.union(caller, {"items": items}), world) == [0, 2]
}

test_facts_of_the_host_deny_each_kind if {
	facts := {
		"server.retired": {"server": {"status": "retired"}},
		"server.not_approved": {"server": {"status": "proposed"}},
		"agent.wrong_environment": {"agent": {"environment": "other"}},
	}
	every kind, k in kinds {
		every code, fact in facts {
			answer := decided(object.union(asked_of(kind, k.target), fact), permitted_by_rule)
			answer.effect == "deny"
			answer.reasons == {{"rule": "toolgate", "value": {"code": code}}}
		}
	}
}

test_a_question_has_no_definition_that_could_drift if {
	every kind in toolgate.questions {
		answer := decided(asked_of(kind, object.union(kinds[kind].target, {"pinned": false})), permitted_by_rule)
		answer.effect == "allow"
	}
}

test_a_method_of_an_extension_has_no_definition_that_could_drift if {
	answer := decided(asked_of("extension", object.union(kinds.extension.target, {"pinned": false})), permitted_by_rule)
	answer.effect == "allow"
}

test_a_method_of_an_extension_is_granted_at_its_own_server_only if {
	elsewhere := granted_by({"methods": {"other": {"search/query": true}}})
	answer := decided(asked_of("extension", kinds.extension.target), elsewhere)
	not answer.known
}

test_a_method_of_an_extension_is_constrained_by_its_arguments if {
	roles := {"all": kinds.extension.role}
	packages := object.union(company({"constrain": {{"code": "x.y"}}}), {"roles": roles, "index_kinds": {"p": ["extension"]}})
	answer := decided(asked_of("extension", kinds.extension.target), packages)
	answer.known
	answer.effect == "deny"
	answer.reasons == {{"rule": "p", "value": {"code": "x.y"}}}
}

test_two_targets_of_any_kinds_are_not_permitted if {
	pairs := [[one, other] | some one, _ in kinds; some other, _ in kinds; one != other]
	every pair in pairs {
		[one, other] := pair
		answer := decided(object.union(asked_of(one, kinds[one].target), {other: kinds[other].target}), permitted_by_rule)
		not answer.known
	}
}

test_a_kind_that_does_not_exist_is_not_permitted if {
	answer := decided(asked_of("subscription", {"id": "s.x", "name": "x", "pinned": true}), permitted_by_rule)
	not answer.known
	answer.effect == "deny"
}

test_a_result_of_each_kind_is_inspected_by_the_packages_of_its_kind if {
	every kind, k in kinds {
		world := object.union(company({"withhold": {{"code": "x.y"}}}), {"index_kinds": {"p": [kind]}})
		answer := inspected(asked_of(kind, k.target), world)
		answer.withheld == {{"rule": "p", "value": {"code": "x.y"}}}
		elsewhere := object.union(company({"withhold": {{"code": "x.y"}}}), {"index_kinds": {"p": ["admit"]}})
		other := inspected(asked_of(kind, k.target), elsewhere)
		other.withheld == set()
	}
}

test_permit_and_deny_see_the_target_of_each_kind_and_no_arguments if {
	every kind, k in kinds {
		seen := toolgate.blind with input as object.union(asked_of(kind, k.target), {"method": "x"})
		seen == object.union(caller, {"server": server, kind: k.target})
	}
}
