# METADATA
# title: Who may change anything
# custom:
#   servers: [records]
package policy.writes

deny contains {"code": "writes.contractor", "message": "Contractors read only."} if {
	"contractors" in input.user.groups
	"write" in input.tool.effects
}

deny contains {"code": "writes.delete", "message": "Nothing is deleted by agents."} if {
	"delete" in input.tool.effects
}

deny contains {"code": "writes.pay", "message": "Agents do not pay."} if {
	"pay" in input.tool.effects
	input.agent.team == "support"
}

deny contains {"code": "writes.execute", "message": "Nothing is executed here."} if {
	"execute" in input.tool.effects
	not input.tool.idempotent
}

constrain contains {"code": "writes.bulk", "message": "At most ten at a time."} if {
	"write" in input.tool.effects
	input.args.limit > 10
}

constrain contains {"code": "writes.region", "message": "Writes stay in their region."} if {
	"write" in input.tool.effects
	input.args.region == "us"
}
