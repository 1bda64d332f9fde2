# METADATA
# title: Spend ceiling
# description: How many calls, changes and payments there are at most; the gateway counts them before it calls.
# custom:
#   servers: ["*"]
#   kinds: [tool, extension]
package policy.spend_ceiling

oblige contains {"type": "budget", "name": "spend-ceiling-calls", "cost": 1} if applies

oblige contains {"type": "budget", "name": "spend-ceiling-changes", "cost": 1} if {
	applies
	not only_reads
}

# For each user, whichever agents are used, and for the tenant, however many users there are.
oblige contains {"type": "budget", "name": "spend-ceiling-payments", "cost": 1} if {
	applies
	not free
}

oblige contains {"type": "budget", "name": "spend-ceiling-payments-of-all", "cost": 1} if {
	applies
	not free
}

only_reads if input.tool.effects == ["read"]

# What has no effects in the catalog may pay, and so may a method of an extension.
free if {
	input.tool.effects[0]
	every effect in input.tool.effects {
		effect in {"read", "write", "delete", "execute", "send"}
	}
}

# Anything but false switches it on: "crm: yes" is a text in YAML 1.2, and must not mean no.
applies if {
	switch := data.custom.spend_ceiling.servers[input.server.id]
	switch != false
}

applies if {
	switch := data.custom.spend_ceiling.servers["*"]
	switch != false
}

# A table that was lost or misspelt counts everything.
applies if not configured

configured if is_object(data.custom.spend_ceiling.servers)
