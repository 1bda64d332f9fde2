# METADATA
# title: Operations
# description: How long an operation may take, and how many a user may start in an hour.
# custom:
#   servers: [everything]
#   kinds: [tool]
package policy.operations

constrain contains {
	"code": "operations.too_long",
	"message": "An operation of this length is not open to agents.",
	"remedy": "Ask for a shorter one.",
} if {
	input.tool.id == "everything.trigger-long-running-operation"
	seconds := duration
	not short_enough(seconds)
}

oblige contains {"type": "budget", "name": "operations-per-hour", "cost": 1} if {
	input.tool.id == "everything.trigger-long-running-operation"
}

# The schema does not require it. Without this line a call that leaves it out would not be judged at all.
default duration := 3600

duration := input.args.duration

# In a rule of its own: if the setting is missing, this is undefined, and "not" makes that a refusal.
short_enough(seconds) if {
	is_number(seconds)
	seconds > 0
	seconds <= data.settings.operations.max_seconds
}
