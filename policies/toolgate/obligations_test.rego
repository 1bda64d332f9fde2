# Obligations, redactions and masks; helpers and the rest stand in toolgate_test.rego.
package toolgate_test

merged(elements) := {o.value | some o in decided(call, company({"oblige": elements})).obligations}

test_budgets_of_one_name_take_the_largest_cost if {
	merged({
		{"type": "budget", "name": "a", "cost": 1},
		{"type": "budget", "name": "a", "cost": 3},
		{"type": "budget", "name": "b", "cost": 2},
	}) == {{"type": "budget", "name": "a", "cost": 3}, {"type": "budget", "name": "b", "cost": 2}}
}

test_a_budget_whose_cost_is_filled_later_stays if {
	both := {{"type": "budget", "name": "a", "cost": 1}, {"type": "budget", "name": "a", "cost": "{input.args.n}"}}
	merged(both) == both
}

test_timeouts_take_the_smallest if {
	merged({{"type": "timeout", "ms": 5}, {"type": "timeout", "ms": 3}}) == {{"type": "timeout", "ms": 3}}
}

test_limits_that_say_less_are_dropped if {
	merged({{"type": "limit_result", "bytes": 5}, {"type": "limit_result", "bytes": 3, "items": 1}}) == {{"type": "limit_result", "bytes": 3, "items": 1}}
	crossed := {{"type": "limit_result", "bytes": 5, "items": 1}, {"type": "limit_result", "bytes": 3, "items": 2}}
	merged(crossed) == crossed
}

test_an_obligation_of_a_wrong_shape_is_kept_for_the_host_to_refuse if {
	every odd in [
		{"type": "budget", "name": "a", "cost": null},
		{"type": "timeout", "ms": "soon"},
		{"type": "limit_result"},
		{"type": "redact", "path": "/a", "mode": "blur"},
		{"type": "something_new"},
	] {
		good := {
			{"type": "budget", "name": "a", "cost": 3},
			{"type": "timeout", "ms": 3},
			{"type": "limit_result", "bytes": 3},
			{"type": "redact", "path": "/a", "mode": "remove"},
		}
		odd in merged(good | {odd})
	}
}

test_redactions_of_a_decision_take_the_strongest if {
	merged({
		{"type": "redact", "path": "/a", "mode": "hash"},
		{"type": "redact", "path": "/a"},
		{"type": "redact", "path": "/a", "mode": "remove"},
		{"type": "redact", "path": "/b"},
	}) == {{"type": "redact", "path": "/a", "mode": "remove"}, {"type": "redact", "path": "/b"}}
}

test_contradictions_deny if {
	reason := {"rule": "toolgate", "value": {"code": "policy.conflict"}}
	every pair in [
		{{"type": "set_args", "path": "/a", "value": 1}, {"type": "set_args", "path": "/a", "value": 2}},
		{{"type": "step_up", "acr": "gold"}, {"type": "step_up", "acr": "silver"}},
	] {
		answer := decided(call, company({"oblige": pair}))
		answer.effect == "deny"
		answer.reasons == {reason}
	}
}

test_changes_of_different_arguments_do_not_contradict if {
	answer := decided(call, company({"oblige": {
		{"type": "set_args", "path": "/a", "value": 1},
		{"type": "set_args", "path": "/b", "value": 2},
	}}))
	answer.reasons == set()
}

redacted(elements) := {r.value | some r in inspected(call, company({"redact": elements})).redactions}

test_redactions_of_a_result_take_the_strongest_and_are_optional_only_if_all_are if {
	redacted({
		{"path": "/a", "mode": "hash"},
		{"path": "/a", "optional": true},
		{"path": "/b", "mode": "remove", "optional": true},
		{"path": "/b", "optional": true},
	}) == {
		{"path": "/a", "mode": "mask", "optional": false},
		{"path": "/b", "mode": "remove", "optional": true},
	}
}

test_a_redaction_of_a_wrong_shape_withholds if {
	every odd in [
		{"path": ""},
		{"path": "a"},
		{"path": "/a", "mode": "blur"},
		{"path": "/a", "mode": null},
		{"path": "/a", "optional": "yes"},
	] {
		answer := inspected(call, company({"redact": {odd}}))
		answer.withheld == {invalid}
	}
}

test_a_redaction_by_detector_withholds if {
	answer := inspected(call, company({"redact": {{"detector": "iban"}}}))
	codes := {w.value.code | some w in answer.withheld}
	codes == {"policy.obligation_unsupported"}
}

test_a_mask_may_be_a_path_or_everything if {
	masked(call, company({"mask": {{"path": "/args/a"}}})) == {"/args/a"}
	masked(call, company({"mask": {{"path": "args"}}})) == {""}
}

test_a_result_of_no_target_or_of_two_is_withheld if {
	every asked in [object.remove(call, ["tool"]), object.union(call, {"prompt": {"name": "x"}})] {
		answer := inspected(asked, company({}))
		count(answer.withheld) > 0
	}
}

test_of_two_packages_that_ask_the_same_one_is_named if {
	rules := {
		"oblige": {{"type": "budget", "name": "a", "cost": 1}, {"type": "timeout", "ms": 5}, {"type": "redact", "path": "/a"}},
		"redact": {{"path": "/a"}},
	}
	world := object.union(company({}), {
		"index": {"s": ["p", "q"]},
		"index_kinds": {"q": ["tool"]},
		"policy": {"p": rules, "q": rules},
	})
	answer := decided(call, world)
	count(answer.obligations) == 3
	count(inspected(call, world).redactions) == 1
}
