# METADATA
# title: Reads of personal data
# custom:
#   servers: [records]
package policy.privacy

constrain contains {"code": "privacy.region", "message": "Personal data stays in its region."} if {
	"personal" in input.tool.data_classes
	"read" in input.tool.effects
	input.args.region == "antarctica"
}

constrain contains {"code": "privacy.bulk", "message": "Personal data is read in small steps."} if {
	"personal" in input.tool.data_classes
	"read" in input.tool.effects
	input.args.limit > 100
}

constrain contains {"code": "privacy.wildcard", "message": "Personal data is not listed."} if {
	"personal" in input.tool.data_classes
	"write" in input.tool.effects
	input.args.export == true
}

constrain contains {"code": "privacy.apac", "message": "Bank data stays."} if {
	"bank" in input.tool.data_classes
	"read" in input.tool.effects
	input.args.region == "apac"
}

deny contains {"code": "privacy.intern", "message": "Interns read what is public."} if {
	"interns" in input.user.groups
	input.tool.risk in {"medium", "high", "critical"}
}

constrain contains {"code": "privacy.task", "message": "Personal data is read for a purpose."} if {
	"health" in input.tool.data_classes
	input.request.intent == "marketing"
}
