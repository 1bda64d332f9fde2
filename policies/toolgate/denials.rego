package toolgate

denials contains {"rule": pkg, "value": said(v)} if {
	some pkg in gatekeepers
	some v in elements(data.policy[pkg].deny)
}

denials contains {"rule": p.rule, "value": {"code": "policy.invalid_rule"}} if {
	some p in permit_elements
	not permit_side(p.value)
}

denials contains {"rule": "toolgate", "value": {"code": "policy.no_index"}} if not index_whole

denials contains {"rule": "toolgate", "value": {"code": "server.retired"}} if input.server.status == "retired"

denials contains {"rule": "toolgate", "value": {"code": "server.not_approved"}} if not server_known_status

denials contains {"rule": "toolgate", "value": {"code": "agent.wrong_environment"}} if not same_environment

denials contains {"rule": "toolgate", "value": {"code": "tool.drifted"}} if {
	input.tool
	not pinned
}

# Each is a rule of its own: "not" before a comparison is silent when an operand is missing.
server_known_status if input.server.status in {"approved", "deprecated", "retired"}

same_environment if input.server.environment == input.agent.environment

pinned if input.tool.pinned == true

# A denial that must not be seen: the caller is answered as for a target that does not exist.
hidden if {
	some d in denials
	object.get(d.value, "hide", false) != false
}

constraints contains {"rule": pkg, "value": said(v)} if {
	some pkg in packages
	some v in elements(data.policy[pkg].constrain)
}
