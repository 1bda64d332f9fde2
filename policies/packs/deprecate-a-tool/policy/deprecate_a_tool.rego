# METADATA
# title: Deprecate a tool
# description: A tool goes on until a date, with a note in the log; then it is closed, with more time for few.
# custom:
#   servers: ["*"]
#   kinds: [tool]
package policy.deprecate_a_tool

deny contains {
	"code": "deprecate_a_tool.ended",
	"message": "The tool {input.tool.id} was taken out of use.",
	"remedy": "List the tools again and use the one that replaces it; its owner is {input.server.owner}.",
} if {
	entry := data.custom.deprecate_a_tool.tools[input.tool.id]
	not still_open(entry)
}

# Who still uses it stands in the log, so that somebody can be told.
oblige contains {"type": "log", "level": "warn"} if data.custom.deprecate_a_tool.tools[input.tool.id]

deny contains {
	"code": "deprecate_a_tool.not_configured",
	"message": "The table of deprecated tools is not set up.",
	"remedy": "Ask the security team: custom.deprecate_a_tool.tools is missing or misspelt.",
} if {
	not configured
}

configured if is_object(data.custom.deprecate_a_tool.tools)

still_open(entry) if before(entry.ends)

still_open(entry) if before(entry.longer[input.agent.id])

before(text) if {
	now := input.time.ns
	is_number(now)
	now < end_of(text)
}

# A date that cannot be read has passed.
default end_of(_) := 0

end_of(text) := time.parse_rfc3339_ns(text) if is_string(text)
