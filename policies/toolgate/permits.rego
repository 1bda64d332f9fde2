package toolgate

# Who may use the target at all. A user through an agent needs a permit for each of the two.
permitted(target, own, theirs, permits) if {
	input.principal.kind == "user_via_agent"
	target != null
	is_string(input.user.id)
	side_may("agent", own, permits)
	side_may("user", theirs, permits)
}

else if {
	input.principal.kind in {"agent", "workload"}
	target != null
	not input.user
	side_may("agent", own, permits)
}

else := false

side_may(side, roles, permits) if count(roles) > 0

else if {
	some p in permits
	permit_side(p.value) in [side, "both"]
}

permits_told(roles, permits) := [by_role(role) | some role in {role | some role in roles}] if count(permits) == 0

else := {by_role(role) | some role in roles} | {{"rule": p.rule, "id": p.value.id} | some p in permits; permit_side(p.value)}

by_role(role) := {"rule": "role", "id": role}

granting_roles(target, side) := [role |
	[table, name] := grant_of(target)
	server := input.server.id
	some role in input[side].roles
	data.roles[role][table][server][name] == true
]

# Which table of a role grants a kind of target, and under which name. A completion tells what it completes; any other
# table than these two would let a name of one kind be granted as another.
grant_of(target) := ["grants", input.tool.name] if target == "tool"

else := ["prompts", input.prompt.name] if target == "prompt"

else := ["resources", input.resource.entry] if target == "resource"

else := [input.completion.of, input.completion.name] if {
	target == "completion"
	input.completion.of in ["prompts", "resources"]
}

else := ["asks", target] if target in questions

else := ["methods", input.extension.method] if {
	target == "extension"
}

permits_of(judges) := [{"rule": pkg, "value": v} |
	some pkg in judges
	some v in elements(data.policy[pkg].permit)
]

# Undefined for what is not a permit, so it can grant nothing.
permit_side(element) := side if {
	is_object(element)
	is_string(element.id)
	side := object.get(element, "for", "user")
	side in ["user", "agent", "both"]
}
