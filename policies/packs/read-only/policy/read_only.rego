# METADATA
# title: Read only
# description: Servers of which nothing is changed, whatever a role grants.
# custom:
#   servers: ["*"]
#   kinds: [tool, extension]
package policy.read_only

deny contains {
	"code": "read_only.changes",
	"message": "The server {input.server.id} is read only.",
	"remedy": "Use a tool that only reads, or ask the owner of the server.",
} if {
	applies
	not harmless
}

# Exactly read: what reads and writes changes something, and what has no effects in the catalog may do anything.
harmless if input.tool.effects == ["read"]

harmless if data.custom.read_only.except[input.tool.id] == true

# A method of an extension has no effects in the catalog, so it passes by its name only.
harmless if data.custom.read_only.except[input.extension.id] == true

# Anything but false switches it on: "crm: yes" is a text in YAML 1.2, and must not mean no.
applies if {
	switch := data.custom.read_only.servers[input.server.id]
	switch != false
}

applies if {
	switch := data.custom.read_only.servers["*"]
	switch != false
}

# A table that was lost or misspelt closes everything.
applies if not configured

configured if is_object(data.custom.read_only.servers)
