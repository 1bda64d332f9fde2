# METADATA
# title: Least privilege
# description: A ceiling of risk for each agent, less for agents alone and at the end of a chain, whatever a role grants.
# custom:
#   servers: ["*"]
#   kinds: [tool, extension]
package policy.least_privilege

deny contains {
	"code": "least_privilege.risk",
	"message": "The agent {input.agent.id} may not use what carries this risk.",
	"remedy": "Use a tool of less risk, or ask the owner of the agent.",
} if {
	applies
	not risk_within
	not excepted
}

deny contains {
	"code": "least_privilege.alone",
	"message": "Without a user the agent {input.agent.id} may only do what is open to agents alone.",
	"remedy": "Let a user sign in through the agent.",
} if {
	applies
	not for_a_user
	not open_alone
	not excepted
}

deny contains {
	"code": "least_privilege.chain",
	"message": "Too many agents stand between the user and this tool.",
	"remedy": "Call the tool from the agent that the user speaks to.",
} if {
	applies
	not chain_short
	not excepted
}

# A risk that is missing, or a word that is none, is above every ceiling.
risk_within if {
	risk := rank[input.tool.risk]
	most := rank[ceiling]
	risk <= most
}

rank := {"low": 1, "medium": 2, "high": 3, "critical": 4}

# An entry for the agent counts even if it is no word of risk: a typing mistake closes, it does not fall back.
ceiling := object.get(data.custom.least_privilege.agents, input.agent.id, data.settings.least_privilege.risk)

# Told by identity, never by whether a user happens to be named.
for_a_user if {
	input.principal.kind == "user_via_agent"
	is_string(input.user.id)
}

# Every effect must be open, and there must be one.
open_alone if {
	input.tool.effects[0]
	every effect in input.tool.effects {
		data.settings.least_privilege.alone[effect] == true
	}
}

# The acting agent is the first of the chain.
chain_short if {
	longest := data.settings.least_privilege.chain
	is_number(longest)
	chain := input.delegation
	is_array(chain)
	count(chain) <= longest
}

excepted if data.custom.least_privilege.except[input.agent.id][input.tool.id] == true

excepted if data.custom.least_privilege.except[input.agent.id][input.extension.id] == true

# Anything but false switches it on: "crm: yes" is a text in YAML 1.2, and must not mean no.
applies if {
	switch := data.custom.least_privilege.servers[input.server.id]
	switch != false
}

applies if {
	switch := data.custom.least_privilege.servers["*"]
	switch != false
}

# A table that was lost or misspelt closes everything.
applies if not configured

configured if is_object(data.custom.least_privilege.servers)
