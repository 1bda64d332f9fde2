# METADATA
# title: What arguments may say
# custom:
#   servers: [records]
package policy.arguments

constrain contains {"code": "args.limit", "message": "At most {input.args.limit} is too many."} if {
	input.args.limit > data.settings.max_limit
}

constrain contains {"code": "args.note", "message": "The note is too long."} if {
	count(input.args.note) > 200
}

constrain contains {"code": "args.sql", "message": "No statements."} if {
	startswith(input.args.note, "select ")
}

constrain contains {"code": "args.path", "message": "No paths."} if {
	contains(input.args.target, "../")
}

constrain contains {"code": "args.sealed", "message": "This target is sealed."} if {
	startswith(input.args.target, "sealed-")
}

constrain contains {"code": "args.region", "message": "The region is closed."} if {
	input.args.region in data.custom.closed_regions
}
