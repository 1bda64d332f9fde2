# METADATA
# title: Secrets withheld
# description: A result that holds what looks like a key, a token or a password does not leave.
# custom:
#   servers: ["*"]
#   kinds: [tool, resource, prompt, completion, extension]
package policy.secrets_withheld

withhold contains {
	"code": "secrets_withheld.found",
	"message": "The result holds what looks like a secret, so nothing of it is passed on.",
	"remedy": "Ask for something narrower, or ask the owner of the server to leave secrets out.",
} if {
	applies
	not excepted
	found
}

withhold contains {
	"code": "secrets_withheld.detected",
	"message": "A detector found a secret in the result, so nothing of it is passed on.",
	"remedy": "Ask for something narrower, or ask the owner of the server to leave secrets out.",
} if {
	applies
	not excepted
	input.findings.secrets > 0
}

withhold contains {
	"code": "secrets_withheld.unseen",
	"message": "Policy cannot look into this result, and this server's results must be looked into.",
	"remedy": "Use a tool with structured results.",
} if {
	applies
	not excepted
	sealed
	not seen_whole
}

withhold contains {
	"code": "secrets_withheld.not_configured",
	"message": "The patterns of secrets are not set up.",
	"remedy": "Ask the security team: custom.secrets_withheld lacks a table.",
} if {
	not configured
}

# One pass over the result; how many patterns there are is up to the bundle, not to the server.
found if {
	walk(input.result.structured, [_, value])
	is_string(value)
	some _, pattern in data.custom.secrets_withheld.patterns
	looks_like(pattern, value)
}

# A secret may stand as the name of a member too.
found if {
	walk(input.result.structured, [path, _])
	name := path[count(path) - 1]
	is_string(name)
	some _, pattern in data.custom.secrets_withheld.patterns
	looks_like(pattern, name)
}

# What is called a password is one, whatever it looks like.
found if {
	walk(input.result.structured, [path, value])
	kept(path, value)
}

kept(path, value) if {
	telling(path[count(path) - 1])
	filled(value)
}

# {"password": {"value": "..."}}
kept(path, value) if {
	telling(path[count(path) - 1])
	inner := value_in(value)
	filled(inner)
}

# {"name": "DB_PASSWORD", "value": "..."}, as lists of variables and headers are written.
kept(_, value) if {
	some label in ["name", "key"]
	telling(value[label])
	inner := value_in(value)
	filled(inner)
}

default value_in(_) := ""

value_in(pair) := pair.value

# "db_password" and "X-Api-Key" end in a name of the table.
telling(name) if {
	is_string(name)
	plain := regex.replace(lower(name), `[_. -]+`, "")
	some secret, on in data.custom.secrets_withheld.names
	on == true
	endswith(plain, secret)
}

filled(value) if {
	is_string(value)
	value != ""
}

filled(value) if is_number(value)

filled(value) if {
	is_array(value)
	count(value) > 0
}

# A pattern that is none finds a secret in everything.
default looks_like(_, _) := true

looks_like(pattern, text) := regex.match(pattern, text)

# Text beside the structure repeats it; pictures, sound and links are not looked into.
seen_whole if {
	input.limits.truncated == []
	is_object(input.result.structured)
	every kind in input.result.content_types {
		kind == "text"
	}
}

sealed if {
	switch := data.custom.secrets_withheld.sealed[input.server.id]
	switch != false
}

excepted if data.custom.secrets_withheld.except[input.tool.id] == true

excepted if data.custom.secrets_withheld.except[input.resource.id] == true

excepted if data.custom.secrets_withheld.except[input.prompt.id] == true

# Anything but false switches it on: "crm: yes" is a text in YAML 1.2, and must not mean no.
applies if {
	switch := data.custom.secrets_withheld.servers[input.server.id]
	switch != false
}

applies if {
	switch := data.custom.secrets_withheld.servers["*"]
	switch != false
}

configured if {
	is_object(data.custom.secrets_withheld.servers)
	is_object(data.custom.secrets_withheld.names)
	is_object(data.custom.secrets_withheld.patterns)
	count(data.custom.secrets_withheld.patterns) > 0
}
