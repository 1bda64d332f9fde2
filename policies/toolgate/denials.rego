package toolgate

# A list, in which two elements of a wrong shape may stand as the same reason: see `once`.
denials(target, permits) := array.concat(said_denials(target), array.concat(odd_permits(permits), own_denials))

said_denials(target) := [{"rule": pkg, "value": said(v)} |
	kinds := data.index_kinds
	some pkg in indexed
	gatekeeper(target, kinds[pkg])
	some v in elements(data.policy[pkg].deny)
]

odd_permits(permits) := [{"rule": p.rule, "value": {"code": "policy.invalid_rule"}} |
	some p in permits
	not permit_side(p.value)
]

own_denials := [] if sound

else := [d | some d in faults]

# What almost every target is, told in few steps: none of the faults is there.
sound if {
	input.tool.pinned == true
	input.server.status == "approved"
	input.server.environment == input.agent.environment
	index_whole
}

faults contains {"rule": "toolgate", "value": {"code": "policy.no_index"}} if not index_whole

faults contains {"rule": "toolgate", "value": {"code": "server.retired"}} if input.server.status == "retired"

faults contains {"rule": "toolgate", "value": {"code": "server.not_approved"}} if not server_known_status

faults contains {"rule": "toolgate", "value": {"code": "agent.wrong_environment"}} if not same_environment

faults contains {"rule": "toolgate", "value": {"code": "tool.drifted"}} if {
	input.tool
	not pinned
}

# Each is a rule of its own: "not" before a comparison is silent when an operand is missing.
server_known_status if input.server.status in {"approved", "deprecated", "retired"}

same_environment if input.server.environment == input.agent.environment

pinned if input.tool.pinned == true

# A denial that must not be seen: the caller is answered as for a target that does not exist.
hidden(denied) if {
	some d in denied
	object.get(d.value, "hide", false) != false
}

constraints(judges) := [{"rule": pkg, "value": said(v)} |
	some pkg in judges
	some v in elements(data.policy[pkg].constrain)
]

# Two elements of a wrong shape are told as one reason.
once(reasons) := {r | some r in reasons}
