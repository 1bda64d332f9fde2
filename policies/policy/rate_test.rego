package policy.rate_test

import data.policy.rate

test_every_call_counts if {
	obligations := rate.oblige with input as {"server": {"id": "files"}, "tool": {"effects": ["read"], "risk": "low"}}
	obligations == {{"type": "budget", "name": "calls-per-minute", "cost": 1}}
}

test_reads_of_the_crm_are_quick_or_given_up if {
	obligations := rate.oblige with input as {"server": {"id": "crm"}, "tool": {"effects": ["read"], "risk": "low"}}
	{"type": "timeout", "ms": 5000} in obligations
	writes := rate.oblige with input as {"server": {"id": "crm"}, "tool": {"effects": ["write"], "risk": "low"}}
	not {"type": "timeout", "ms": 5000} in writes
}

test_what_is_critical_is_logged_loudly if {
	obligations := rate.oblige with input as {"server": {"id": "crm"}, "tool": {"effects": ["read"], "risk": "critical"}}
	{"type": "log", "level": "warn"} in obligations
}
