package toolgate_test

import data.toolgate

rule_names := ["permit", "deny", "constrain", "oblige", "redact", "withhold", "mask"]

# Everything but a set of well-formed elements. Members would be well-formed elements if they stood in a set.
element := {"code": "x.y", "id": "x", "for": "both", "type": "log", "path": "/x"}

malformed := {
	"true": true,
	"false": false,
	"null": null,
	"number": 1,
	"string": "no",
	"object": element,
	"map": {"first": element},
	"empty object": {},
	"array": [element],
	"empty array": [],
	"set of strings": {"no"},
	"set of booleans": {true},
	"set of arrays": {[element]},
	"set of sets": {{"code", "id", "type", "path"}},
	"nameless": {{"message": "no"}},
	"names that are no strings": {{"code": 1, "id": 1, "type": 1, "path": 1}},
	"one of two": {element, "no"},
}

roles := {"all": {"grants": {"s": {"run": true}}}}

caller := {
	"principal": {"kind": "user_via_agent"},
	"agent": {"id": "bot", "environment": "demo", "roles": ["all"]},
	"user": {"id": "ann", "groups": [], "roles": ["all"]},
}

target := {
	"server": {"id": "s", "environment": "demo", "status": "approved"},
	"tool": {"id": "s.run", "name": "run", "pinned": true},
}

call := object.union(object.union(caller, target), {"args": {}})

list := object.union(caller, {"items": [target]})

company(rules) := {"roles": roles, "index": {"s": ["p"]}, "index_kinds": {"p": ["tool"]}, "policy": {"p": rules}}

decided(asked, world) := answer if {
	answer := toolgate.decide with input as asked
		with data.roles as world.roles
		with data.index as world.index
		with data.index_kinds as world.index_kinds
		with data.policy as world.policy
}

listed(asked, world) := answer.visible if {
	answer := toolgate.discover with input as asked
		with data.roles as world.roles
		with data.index as world.index
		with data.index_kinds as world.index_kinds
		with data.policy as world.policy
}

inspected(asked, world) := answer if {
	answer := toolgate.inspect with input as asked
		with data.roles as world.roles
		with data.index as world.index
		with data.index_kinds as world.index_kinds
		with data.policy as world.policy
}

admitted(asked, world) := answer.reasons if {
	answer := toolgate.admit with input as asked
		with data.roles as world.roles
		with data.index as world.index
		with data.index_kinds as world.index_kinds
		with data.policy as world.policy
}

masked(asked, world) := answer.paths if {
	answer := toolgate.mask with input as asked
		with data.roles as world.roles
		with data.index as world.index
		with data.index_kinds as world.index_kinds
		with data.policy as world.policy
}

invalid := {"rule": "p", "value": {"code": "policy.invalid_rule"}}

test_without_rules_a_grant_allows if {
	answer := decided(call, company({}))
	answer.effect == "allow"
	answer.known
	listed(list, company({})) == [0]
}

test_a_malformed_rule_that_judges_a_call_denies_it if {
	every name in ["permit", "deny", "constrain", "oblige"] {
		every value in malformed {
			answer := decided(call, company({name: value}))
			answer.effect == "deny"
			invalid in answer.reasons
		}
	}
}

test_a_malformed_rule_that_judges_a_list_hides if {
	every name in ["permit", "deny"] {
		every value in malformed {
			listed(list, company({name: value})) == []
		}
	}
}

test_a_malformed_permit_never_grants if {
	ungranted := object.union(call, {"agent": {"roles": []}, "user": {"roles": []}})
	every value in object.remove(malformed, ["one of two"]) {
		answer := decided(ungranted, company({"permit": value}))
		not answer.known
		count(answer.permits) == 0
	}
}

test_a_well_formed_permit_beside_a_malformed_one_is_denied_all_the_same if {
	ungranted := object.union(call, {"agent": {"roles": []}, "user": {"roles": []}})
	answer := decided(ungranted, company({"permit": malformed["one of two"]}))
	answer.effect == "deny"
	invalid in answer.reasons
}

test_a_malformed_rule_about_results_withholds if {
	every name in ["redact", "withhold"] {
		every value in malformed {
			answer := inspected(call, company({name: value}))
			invalid in answer.withheld
		}
	}
}

test_a_malformed_mask_masks_everything if {
	every value in malformed {
		"" in masked(call, company({"mask": value}))
	}
}

test_rules_about_results_and_records_do_not_change_a_decision if {
	every name in ["redact", "withhold", "mask"] {
		answer := decided(call, company({name: true}))
		answer.effect == "allow"
	}
}

test_a_user_through_an_agent_needs_both_sides if {
	every without in ["agent", "user"] {
		answer := decided(object.union(call, {without: {"roles": []}}), company({}))
		not answer.known
	}
}

test_an_agent_alone_needs_its_own_side_only if {
	alone := object.union(object.remove(call, ["user"]), {"principal": {"kind": "agent"}})
	allowed := decided(alone, company({}))
	allowed.effect == "allow"
	denied := decided(object.union(alone, {"agent": {"roles": []}}), company({"permit": {{"id": "u"}}}))
	not denied.known
}

test_a_workload_is_judged_as_an_agent_alone if {
	answer := decided(object.union(object.remove(call, ["user"]), {"principal": {"kind": "workload"}}), company({}))
	answer.effect == "allow"
}

test_the_kind_of_principal_is_never_inferred if {
	unclear := [
		object.union(call, {"principal": {"kind": "agent"}}),
		object.union(call, {"principal": {"kind": "robot"}}),
		object.remove(call, ["principal"]),
		object.remove(call, ["user"]),
		object.union(object.remove(call, ["user"]), {"user": {"roles": ["all"]}}),
	]
	every asked in unclear {
		answer := decided(asked, company({}))
		not answer.known
		answer.effect == "deny"
	}
}

test_a_permit_counts_for_the_side_it_names if {
	nobody := object.union(call, {"agent": {"roles": []}, "user": {"roles": []}})
	sides := {
		"both": [{"id": "x", "for": "both"}],
		"two": [{"id": "x", "for": "agent"}, {"id": "y"}],
	}
	every permits in sides {
		answer := decided(nobody, company({"permit": {p | some p in permits}}))
		answer.known
	}
	every side in ["agent", "user"] {
		answer := decided(nobody, company({"permit": {{"id": "x", "for": side}}}))
		not answer.known
	}
}

test_permit_and_deny_see_nothing_but_caller_target_and_state if {
	unseen := {name: {} | some name in ["args", "args_digest", "phase", "method", "request", "limits", "items", "findings", "result"]}
	seen := object.union(object.union(caller, target), {"time": {"hour": 9}, "budgets": {}, "session": {"labels": []}})
	full := object.union(seen, unseen)
	toolgate.blind == seen with input as full
}

test_an_item_of_a_list_is_judged_on_what_a_call_is_judged_on if {
	seen := toolgate.blind with input as object.union(call, {"phase": "call", "method": "tools/call"})
	seen == object.union(caller, target)
}

test_the_target_of_a_list_is_each_item_alone if {
	mixed := object.union(list, {"tool": {"pinned": true}, "server": {"status": "approved"}})
	drifted := {"server": target.server, "tool": {"id": "s.run", "name": "run"}}
	listed(object.union(mixed, {"items": [drifted, target]}), company({})) == [1]
}

test_a_hidden_denial_looks_like_an_unknown_target if {
	every hide in [true, "true", 1, null] {
		answer := decided(call, company({"deny": {{"code": "x.y", "hide": hide}}}))
		not answer.known
		answer.effect == "deny"
		answer.obligations == []
	}
	shown := decided(call, company({"deny": {{"code": "x.y", "hide": false}}}))
	shown.known
}

test_a_constraint_never_hides if {
	answer := decided(call, company({"constrain": {{"code": "x.y", "hide": true}}}))
	answer.known
	answer.effect == "deny"
}

test_a_denial_keeps_its_words if {
	words := {"code": "x.y", "message": "m", "remedy": "r"}
	answer := decided(call, company({"deny": {words}}))
	answer.reasons == {{"rule": "p", "value": words}}
}

test_words_that_are_not_text_make_a_denial_invalid if {
	every word in ["message", "remedy"] {
		answer := decided(call, company({"deny": {{"code": "x.y", word: 7}}}))
		answer.reasons == {invalid}
	}
}

test_deny_beats_ask_and_ask_beats_allow if {
	approve := {{"type": "approve", "group": "g"}}
	asked := decided(call, company({"oblige": approve}))
	asked.effect == "ask"
	denied := decided(call, company({"oblige": approve, "constrain": {{"code": "x.y"}}}))
	denied.effect == "deny"
}

test_a_package_counts_for_its_kinds_only if {
	rules := {
		"permit": {{"id": "x", "for": "both"}},
		"deny": {{"code": "x.y"}},
		"constrain": {{"code": "x.y"}},
		"oblige": {{"type": "log", "level": "warn"}},
	}
	world := object.union(company(rules), {"index_kinds": {"p": ["prompt"]}})
	tool := decided(call, world)
	tool.effect == "allow"
	count(tool.obligations) == 0
	prompt := decided(object.union(object.remove(call, ["tool"]), {"prompt": {"name": "greet"}}), world)
	prompt.known
	prompt.effect == "deny"
}

test_each_kind_of_target_has_its_member if {
	every kind in ["tool", "resource", "prompt", "completion", "sampling", "elicitation", "roots", "extension"] {
		asked := object.union(object.remove(call, ["tool"]), {kind: {"name": "x", "pinned": true}})
		world := object.union(company({"permit": {{"id": "x", "for": "both"}}}), {"index_kinds": {"p": [kind]}})
		answer := decided(asked, world)
		answer.effect == "allow"
	}
}

test_no_target_and_two_targets_are_not_permitted if {
	world := company({"permit": {{"id": "x", "for": "both"}}})
	nobody := object.union(call, {"agent": {"roles": []}, "user": {"roles": []}})
	every asked in [object.remove(nobody, ["tool"]), object.union(nobody, {"prompt": {"name": "x"}})] {
		answer := decided(asked, world)
		not answer.known
	}
}

test_two_targets_are_not_permitted_even_with_a_grant if {
	both := object.union(target, {"prompt": {"name": "x"}})
	answer := decided(object.union(call, both), company({}))
	not answer.known
	listed(object.union(list, {"items": [both]}), company({})) == []
}

test_what_stands_twice_is_told_once if {
	again := object.union(object.union(call, {"agent": {"roles": ["all", "all"]}}), {"user": {"roles": ["all", "all"]}})
	granted := decided(again, company({}))
	count(granted.permits) == 1
	two := {"permit": {{"id": "x"}, {"id": "x", "for": "both"}}, "deny": {"no", 7}, "constrain": {"no", 7}, "oblige": {"no", 7}}
	answer := decided(call, company(two))
	count(answer.permits) == 2
	count(answer.reasons) == 1
}

test_what_is_denied_at_admission_is_denied_in_lists_and_calls if {
	world := object.union(company({"deny": {{"code": "x.y"}}}), {"index_kinds": {"p": ["admit"]}})
	reason := {"rule": "p", "value": {"code": "x.y"}}
	admitted(object.union(caller, {"server": {"id": "s"}}), world) == {reason}
	answer := decided(call, world)
	answer.reasons == {reason}
	listed(list, world) == []
}

test_what_is_denied_for_tools_is_not_denied_at_admission if {
	admitted(object.union(caller, {"server": {"id": "s"}}), company({"deny": {{"code": "x.y"}}})) == set()
}

test_an_admission_needs_no_permit if {
	admitted({"server": {"id": "s"}}, company({})) == set()
}

test_a_malformed_denial_of_an_admission_denies if {
	every value in malformed {
		world := object.union(company({"deny": value}), {"index_kinds": {"p": ["admit"]}})
		invalid in admitted(object.union(caller, {"server": {"id": "s"}}), world)
	}
}

test_a_hole_in_the_index_closes_everything if {
	reason := {"rule": "toolgate", "value": {"code": "policy.no_index"}}
	holes := [
		object.union(object.remove(company({}), ["index"]), {"index": {}}),
		object.union(object.remove(company({}), ["index"]), {"index": {"s": true}}),
		object.union(object.remove(company({}), ["index_kinds"]), {"index_kinds": {}}),
		object.union(object.remove(company({}), ["index_kinds"]), {"index_kinds": {"p": "tool"}}),
	]
	every world in holes {
		answer := decided(call, world)
		answer.effect == "deny"
		reason in answer.reasons
		listed(list, world) == []
		reason in admitted(call, world)
		withheld := inspected(call, world).withheld
		reason in withheld
		"" in masked(call, world)
	}
}

test_without_a_server_everything_is_closed if {
	answer := decided(object.remove(call, ["server"]), company({}))
	answer.effect == "deny"
	not answer.known
	withheld := inspected(object.remove(call, ["server"]), company({})).withheld
	count(withheld) > 0
	"" in masked(object.remove(call, ["server"]), company({}))
}

test_a_name_that_no_server_has_stays_unknown_whatever_permits_say if {
	world := object.union(company({"permit": {{"id": "x", "for": "both"}}}), {"index": {"_none": ["p"]}})
	answer := decided(object.union(call, {"server": {"id": "_none"}}), world)
	not answer.known
}

test_facts_of_the_host_deny if {
	facts := {
		"server.retired": {"server": {"status": "retired"}},
		"server.not_approved": {"server": {"status": "proposed"}},
		"tool.drifted": {"tool": {"pinned": false}},
		"agent.wrong_environment": {"agent": {"environment": "other"}},
	}
	every code, fact in facts {
		answer := decided(object.union(call, fact), company({}))
		answer.known
		answer.reasons == {{"rule": "toolgate", "value": {"code": code}}}
	}
}

test_a_missing_fact_denies_too if {
	facts := {
		"server.not_approved": object.remove(target.server, ["status"]),
		"agent.wrong_environment": object.remove(target.server, ["environment"]),
	}
	every code, server in facts {
		answer := decided(object.union(object.remove(call, ["server"]), {"server": server}), company({}))
		answer.reasons == {{"rule": "toolgate", "value": {"code": code}}}
	}
	every pinned in ["yes", 1, null] {
		answer := decided(object.union(call, {"tool": {"pinned": pinned}}), company({}))
		answer.reasons == {{"rule": "toolgate", "value": {"code": "tool.drifted"}}}
	}
}

test_a_grant_is_true_and_nothing_else if {
	every value in [false, "yes", 1, null, {}] {
		world := object.union(company({}), {"roles": {"all": {"grants": {"s": {"run": value}}}}})
		answer := decided(call, world)
		not answer.known
	}
}

test_a_permit_for_a_side_that_does_not_exist_is_invalid if {
	answer := decided(call, company({"permit": {{"id": "x", "for": "everyone"}}}))
	answer.reasons == {invalid}
}
