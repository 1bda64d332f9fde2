# METADATA
# title: Reads of personal data
# custom:
#   servers: [records]
package policy.privacy

constrain contains {"code": "privacy.verbose", "message": "Personal data is read without details."} if {
	"personal" in input.tool.data_classes
	input.args.verbose == true
}

constrain contains {"code": "privacy.bulk", "message": "Personal data is read in small steps."} if {
	"personal" in input.tool.data_classes
	input.args.limit > 100
}

constrain contains {"code": "privacy.wildcard", "message": "Personal data is not listed."} if {
	"personal" in input.tool.data_classes
	input.args.export == true
}

constrain contains {"code": "privacy.apac", "message": "Bank data stays."} if {
	"bank" in input.tool.data_classes
	input.args.region == "apac"
}

constrain contains {"code": "privacy.intern", "message": "Interns read what is public."} if {
	"interns" in input.user.groups
	not input.tool.risk == "low"
}

constrain contains {"code": "privacy.task", "message": "Personal data is read for a purpose."} if {
	"health" in input.tool.data_classes
	not input.request.intent
}
