package toolgate

# A list, in which two elements of a wrong shape may stand as the same reason: see `once`.
denials(target, permits) := array.concat(said_denials(target), array.concat(odd_permits(permits), own_denials(target)))

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

own_denials(target) := [] if sound(target)

else := [d | some d in faults]

# What almost every target is, told in few steps: none of the faults is there.
sound(target) if {
	unchanged(target)
	input.server.status == "approved"
	input.server.environment == input.agent.environment
	index_whole
}

faults contains {"rule": "toolgate", "value": {"code": "policy.no_index"}} if not index_whole

faults contains {"rule": "toolgate", "value": {"code": "server.retired"}} if input.server.status == "retired"

faults contains {"rule": "toolgate", "value": {"code": "server.not_approved"}} if not server_known_status

faults contains {"rule": "toolgate", "value": {"code": "agent.wrong_environment"}} if not same_environment

faults contains {"rule": "toolgate", "value": {"code": "tool.drifted"}} if drifted("tool")

faults contains {"rule": "toolgate", "value": {"code": "prompt.drifted"}} if drifted("prompt")

faults contains {"rule": "toolgate", "value": {"code": "resource.drifted"}} if drifted("resource")

# Each is a rule of its own: "not" before a comparison is silent when an operand is missing.
server_known_status if input.server.status in {"approved", "deprecated", "retired"}

same_environment if input.server.environment == input.agent.environment

# The definition is the one that was approved. Questions of servers and methods of extensions have none.
unchanged(target) if input[target].pinned == true

else if {
	target in questions
}

else if {
	target == "extension"
}

drifted(target) if {
	input[target]
	not unchanged(target)
}

# A completion has the definition of what it completes.
drifted(target) if {
	input.completion
	not unchanged("completion")
	completed == target
}

completed := "resource" if input.completion.of == "resources"

else := "prompt"

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
