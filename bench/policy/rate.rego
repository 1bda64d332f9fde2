# METADATA
# title: How often and how long
# custom:
#   servers: ["*"]
package policy.rate

oblige contains {"type": "budget", "name": "calls-per-minute", "cost": 1}

oblige contains {"type": "budget", "name": "server-calls-per-minute", "cost": 1} if {
	"read" in input.tool.effects
}

oblige contains {"type": "budget", "name": "writes-per-day", "cost": 1} if {
	"write" in input.tool.effects
}

oblige contains {"type": "timeout", "ms": 5000} if {
	"read" in input.tool.effects
}

oblige contains {"type": "timeout", "ms": 2000} if {
	input.tool.risk == "high"
}

oblige contains {"type": "log", "level": "warn"} if {
	input.tool.risk == "critical"
}
