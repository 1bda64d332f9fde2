package policy.admission_test

import data.policy.admission

denied(asked) := {d.code | some d in denials} if {
	denials := admission.deny with input as asked with data.custom.suspended_clients as ["leaky-ide"]
}

test_a_suspended_client_is_not_admitted if {
	denied({"client": {"name": "leaky-ide"}, "delegation": []}) == {"admission.client_suspended"}
	denied({"client": {"name": "other"}, "delegation": []}) == set()
}

test_an_agent_acts_for_a_user_not_for_an_agent if {
	denied({"client": {"name": "other"}, "delegation": [{"subject": "a"}]}) == set()
	denied({"client": {"name": "other"}, "delegation": [{"subject": "a"}, {"subject": "b"}]}) == {"admission.second_hand"}
}
