# METADATA
# title: What agents may be used for
# custom:
#   servers: ["*"]
package policy.agents

permit contains {"id": "operators", "for": "both"} if {
	"operators" in input.user.groups
	input.server.id == "records"
}

deny contains {"code": "agents.alone", "message": "Agents on their own do not write."} if {
	input.principal.kind == "agent"
	"write" in input.tool.effects
}

deny contains {"code": "agents.lab", "message": "Agents of the lab read what is public."} if {
	input.agent.surface == "lab"
	input.tool.risk == "high"
}

deny contains {"code": "agents.unowned", "message": "The agent has no team."} if {
	input.agent.team == "none"
}

deny contains {"code": "agents.replaced", "message": "This agent was replaced."} if {
	input.agent.id in data.custom.replaced_agents
}

constrain contains {"code": "agents.chat", "message": "Agents of the chat read in small steps."} if {
	input.agent.surface == "chat"
	"read" in input.tool.effects
	input.args.limit > 200
}
