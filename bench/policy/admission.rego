# METADATA
# title: Who may connect at all
# custom:
#   servers: ["*"]
#   kinds: [admit]
package policy.admission

deny contains {"code": "admission.client", "message": "The client {input.client.name} is blocked."} if {
	input.client.name in data.custom.blocked_clients
}

deny contains {"code": "admission.leaver", "message": "This account is closed."} if {
	input.user.id in data.custom.leavers
}

deny contains {"code": "admission.network", "message": "Connections from this address are blocked."} if {
	input.network.ip in data.custom.blocked_addresses
}

deny contains {"code": "admission.chain", "message": "The delegation is too long."} if {
	count(input.delegation) > 3
}

deny contains {"code": "admission.suspended", "message": "The agent is suspended."} if {
	input.agent.status == "suspended"
}

deny contains {"code": "admission.surface", "message": "Agents of this surface are not admitted."} if {
	input.agent.surface == "kiosk"
}
