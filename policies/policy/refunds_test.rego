package policy.refunds_test

import data.policy.refunds

wednesday := {"hour": 10, "weekday": "wednesday"}

hours := {"from": 8, "until": 18}

refund(amount, time) := {"tool": {"id": "crm.refund"}, "args": {"amount": amount}, "time": time}

codes(asked) := {c.code | some c in constraints} if {
	constraints := refunds.constrain with input as asked with data.settings.office_hours as hours
}

test_support_and_finance_may_be_asked_for_refunds if {
	every group, id in {"support": "support-refunds", "finance": "finance-refunds"} {
		permits := refunds.permit with input as {"user": {"groups": [group]}, "tool": {"id": "crm.refund"}}
		permits == {{"id": id}}
	}
}

test_nobody_else_may if {
	contractor := refunds.permit with input as {"user": {"groups": ["contractors"]}, "tool": {"id": "crm.refund"}}
	contractor == set()
	alone := refunds.permit with input as {"tool": {"id": "crm.refund"}}
	alone == set()
	elsewhere := refunds.permit with input as {"user": {"groups": ["support"]}, "tool": {"id": "crm.export_customers"}}
	elsewhere == set()
}

test_amounts_have_bounds if {
	codes(refund(0.01, wednesday)) == set()
	codes(refund(1000, wednesday)) == set()
	codes(refund(1000.01, wednesday)) == {"refunds.too_much"}
	codes(refund(0, wednesday)) == {"refunds.not_positive"}
	codes(refund(-1, wednesday)) == {"refunds.not_positive"}
}

test_large_amounts_have_office_hours if {
	every time in [
		{"hour": 7, "weekday": "wednesday"},
		{"hour": 18, "weekday": "wednesday"},
		{"hour": 10, "weekday": "saturday"},
		{},
	] {
		codes(refund(501, time)) == {"refunds.outside_hours"}
		codes(refund(500, time)) == set()
	}
	codes(refund(501, {"hour": 17, "weekday": "friday"})) == set()
}

test_each_refund_counts if {
	obligations := refunds.oblige with input as refund(40, wednesday)
	obligations == {{"type": "budget", "name": "refunds-per-day", "cost": 1}}
	none := refunds.oblige with input as {"tool": {"id": "crm.get_customer"}}
	none == set()
}
