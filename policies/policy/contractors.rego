# METADATA
# title: People from outside the company
# custom:
#   servers: ["*"]
#   kinds: [tool]
package policy.contractors

deny contains {
	"code": "contractors.read_only",
	"message": "Contractors read, they do not change anything.",
	"remedy": "Ask a colleague of the company to make the change.",
} if {
	"contractors" in input.user.groups
	some effect in ["write", "delete", "execute", "send", "pay"]
	effect in input.tool.effects
}

# Not even that it exists.
deny contains {"code": "contractors.critical", "hide": true} if {
	"contractors" in input.user.groups
	input.tool.risk == "critical"
}
