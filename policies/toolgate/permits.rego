package toolgate

# Who may use the target at all. A user through an agent needs a permit for each of the two.
default permitted := false

permitted if {
	input.principal.kind in {"agent", "workload"}
	not input.user
	count(agent_permits) > 0
}

permitted if {
	input.principal.kind == "user_via_agent"
	is_string(input.user.id)
	count(agent_permits) > 0
	count(user_permits) > 0
}

permits := agent_permits | user_permits

agent_permits contains {"rule": "role", "id": role} if {
	some role in input.agent.roles
	data.roles[role].grants[input.server.id][input.tool.name] == true
}

agent_permits contains {"rule": p.rule, "id": p.value.id} if {
	some p in permit_elements
	permit_side(p.value) in {"agent", "both"}
}

user_permits contains {"rule": "role", "id": role} if {
	some role in input.user.roles
	data.roles[role].grants[input.server.id][input.tool.name] == true
}

user_permits contains {"rule": p.rule, "id": p.value.id} if {
	some p in permit_elements
	permit_side(p.value) in {"user", "both"}
}

permit_elements contains {"rule": pkg, "value": v} if {
	some pkg in packages
	some v in elements(data.policy[pkg].permit)
}

# Undefined for what is not a permit, so it can grant nothing.
permit_side(element) := side if {
	is_object(element)
	is_string(element.id)
	side := object.get(element, "for", "user")
	side in {"user", "agent", "both"}
}
