# METADATA
# title: What arguments may say
# custom:
#   servers: [records]
package policy.arguments

constrain contains {"code": "arguments.limit", "message": "At most {input.args.limit} is too many."} if {
	"read" in input.tool.effects
	input.args.limit > data.settings.max_limit
}

constrain contains {"code": "arguments.note", "message": "The note is too long."} if {
	"write" in input.tool.effects
	count(input.args.note) > 200
}

constrain contains {"code": "arguments.sql", "message": "No statements."} if {
	"write" in input.tool.effects
	startswith(input.args.note, "select ")
}

constrain contains {"code": "arguments.path", "message": "No paths."} if {
	"write" in input.tool.effects
	contains(input.args.target, "../")
}

constrain contains {"code": "arguments.sealed", "message": "This target is sealed."} if {
	"write" in input.tool.effects
	startswith(input.args.target, "sealed-")
}

constrain contains {"code": "arguments.region", "message": "The region is closed."} if {
	"read" in input.tool.effects
	input.args.region in data.custom.closed_regions
}
