# METADATA
# title: Environment separation
# description: Who reaches which environment, and who may change something there.
# custom:
#   servers: ["*"]
#   kinds: [tool, resource, prompt, completion, elicitation, sampling, roots, extension]
package policy.environment_separation

deny contains {
	"code": "environment_separation.crossed",
	"message": "This server belongs to another environment.",
	"remedy": "Use the gateway and the agent of that environment.",
} if {
	applies
	not same_environment
}

deny contains {
	"code": "environment_separation.surface",
	"message": "An agent of this kind may not reach this environment.",
	"remedy": "Use an agent that was registered for it, or another environment.",
} if {
	applies
	not surface_allowed
}

deny contains {
	"code": "environment_separation.trust",
	"message": "A server of this trust may not be used in this environment.",
	"remedy": "Ask the owner of the server.",
} if {
	applies
	not trust_allowed
}

deny contains {
	"code": "environment_separation.change",
	"message": "In this environment only some groups may change something.",
	"remedy": "Ask somebody of those groups, or try it in another environment.",
} if {
	applies
	changes
	not changer
}

# The gateway's, the server's and the agent's, and none of them missing.
same_environment if {
	input.environment == input.server.environment
	input.environment == input.agent.environment
}

surface_allowed if limits.surfaces["*"] == true

surface_allowed if limits.surfaces[input.agent.surface] == true

trust_allowed if limits.trust[input.server.trust] == true

# Whoever asks without a user is in no group.
changer if limits.change_groups["*"] == true

changer if {
	some group in input.user.groups
	limits.change_groups[group] == true
}

# What has no effects in the catalog may change something, and so may a method of an extension.
changes if {
	input.tool
	not only_reads
}

changes if input.extension

only_reads if input.tool.effects == ["read"]

# The entry of the server's own environment counts, even if something is missing in it: that closes.
limits := object.get(environments, input.server.environment, object.get(environments, "*", {}))

environments := data.custom.environment_separation.environments

# Anything but false switches it on: "crm: yes" is a text in YAML 1.2, and must not mean no.
applies if {
	switch := data.custom.environment_separation.servers[input.server.id]
	switch != false
}

applies if {
	switch := data.custom.environment_separation.servers["*"]
	switch != false
}

# A table that was lost or misspelt closes everything.
applies if not configured

configured if is_object(data.custom.environment_separation.servers)
