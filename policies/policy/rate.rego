# METADATA
# title: How often anything may be called
# custom:
#   servers: ["*"]
#   kinds: [tool]
package policy.rate

oblige contains {"type": "budget", "name": "calls-per-minute", "cost": 1}

oblige contains {"type": "timeout", "ms": 5000} if {
	input.server.id == "crm"
	"read" in input.tool.effects
}

oblige contains {"type": "log", "level": "warn"} if input.tool.risk == "critical"
