package policy.contractors_test

import data.policy.contractors

denied(groups, tool) := {d.code | some d in denials} if {
	denials := contractors.deny with input as {"user": {"groups": groups}, "tool": tool}
}

test_contractors_read_only if {
	denied(["contractors"], {"effects": ["read"], "risk": "low"}) == set()
	every effect in ["write", "delete", "execute", "send", "pay"] {
		denied(["contractors"], {"effects": ["read", effect], "risk": "low"}) == {"contractors.read_only"}
		denied(["support"], {"effects": [effect], "risk": "low"}) == set()
	}
}

test_contractors_do_not_see_what_is_critical if {
	denials := contractors.deny with input as {"user": {"groups": ["contractors"]}, "tool": {"effects": ["read"], "risk": "critical"}}
	denials == {{"code": "contractors.critical", "hide": true}}
}
