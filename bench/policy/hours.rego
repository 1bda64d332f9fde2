# METADATA
# title: When what may be called
# custom:
#   servers: ["*"]
package policy.hours

deny contains {"code": "hours.critical", "message": "What is critical runs on working days."} if {
	input.tool.risk == "critical"
	input.time.weekday in {"saturday", "sunday"}
}

deny contains {"code": "hours.night", "message": "Not at night."} if {
	input.tool.risk == "critical"
	input.time.hour < 6
}

deny contains {"code": "hours.freeze", "message": "There is a freeze."} if {
	data.settings.freeze == true
	"write" in input.tool.effects
}

constrain contains {"code": "hours.large", "message": "Large reads run at night."} if {
	"read" in input.tool.effects
	input.args.limit > 400
	input.time.hour >= 6
}

constrain contains {"code": "hours.far", "message": "Far regions are read in bulk at night."} if {
	"read" in input.tool.effects
	input.args.region == "apac"
	input.args.limit > 250
	input.time.hour >= 6
}

constrain contains {"code": "hours.friday", "message": "No release on a Friday afternoon."} if {
	"write" in input.tool.effects
	input.time.weekday == "friday"
	startswith(input.args.target, "release-")
	input.time.hour >= 14
}
