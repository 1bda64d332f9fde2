# METADATA
# title: Who may connect at all
# custom:
#   servers: ["*"]
#   kinds: [admit]
package policy.admission

deny contains {
	"code": "admission.client_suspended",
	"message": "The client {input.client.name} is suspended after an incident.",
	"remedy": "Use another client, or ask the security team when it is open again.",
} if {
	input.client.name in data.custom.suspended_clients
}

deny contains {
	"code": "admission.second_hand",
	"message": "An agent that acts for another agent is not admitted.",
	"remedy": "Connect with a token that was issued to this agent for its user.",
} if {
	count(input.delegation) > 1
}
