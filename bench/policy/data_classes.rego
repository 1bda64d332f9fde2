# METADATA
# title: Who may see which class of data
# custom:
#   servers: ["*"]
package policy.data_classes

deny contains {"code": "data.secret", "message": "Secrets are for custodians."} if {
	"secret" in input.tool.data_classes
	not custodian
}

deny contains {"code": "data.health", "message": "Health data is for the medical staff."} if {
	"health" in input.tool.data_classes
	not medical
}

deny contains {"code": "data.bank", "message": "Bank data is for finance."} if {
	"bank" in input.tool.data_classes
	not finance
}

deny contains {"code": "data.unattended", "message": "Personal data is not for agents on their own."} if {
	"personal" in input.tool.data_classes
	input.principal.kind == "workload"
}

deny contains {"code": "data.partner", "message": "Personal data does not go to partners.", "hide": true} if {
	"personal" in input.tool.data_classes
	input.server.trust == "partner"
}

deny contains {"code": "data.frozen", "message": "This collection is frozen."} if {
	input.tool.name in data.custom.frozen_tools
}

custodian if "group-59" in input.user.groups

medical if "group-58" in input.user.groups

finance if "group-57" in input.user.groups
