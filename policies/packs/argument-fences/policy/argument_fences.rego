# METADATA
# title: Argument fences
# description: What tools may be called with; folders, hosts and amounts, listed tool by tool.
# custom:
#   servers: ["*"]
#   kinds: [tool]
package policy.argument_fences

constrain contains {
	"code": "argument_fences.path",
	"message": "The tool {input.tool.id} is open for some folders only.",
	"remedy": "Use a plain path below a folder that is open: no dots that climb, no encoding, forward slashes.",
} if {
	some name, _ in data.custom.argument_fences.paths[input.tool.id]
	value := argument(name)
	not path_allowed(name, value)
}

constrain contains {
	"code": "argument_fences.host",
	"message": "The tool {input.tool.id} is open for some hosts only.",
	"remedy": "Use https and a host that is open, written plainly.",
} if {
	some name, _ in data.custom.argument_fences.hosts[input.tool.id]
	value := argument(name)
	not host_allowed(name, value)
}

constrain contains {
	"code": "argument_fences.amount",
	"message": "The amount for {input.tool.id} is missing, no number, or outside of its bounds.",
	"remedy": "Use a number within the bounds.",
} if {
	some name, _ in data.custom.argument_fences.amounts[input.tool.id]
	value := argument(name)
	not amount_allowed(name, value)
}

# A server may know an argument by a second name, or by the first in other letters: only those that are listed pass.
constrain contains {
	"code": "argument_fences.unlisted",
	"message": "The tool {input.tool.id} may be called with some arguments only.",
	"remedy": "Leave out the arguments that are not listed for it.",
} if {
	listed := data.custom.argument_fences.arguments[input.tool.id]
	not only(listed)
}

constrain contains {
	"code": "argument_fences.unlisted",
	"message": "The tool {input.tool.id} may be called with some arguments only.",
	"remedy": "Leave out the arguments that are not listed for it.",
} if {
	some name, _ in data.custom.argument_fences.arguments[input.tool.id]
	contains(name, "/")
	not listed_alone(name)
}

deny contains {
	"code": "argument_fences.not_configured",
	"message": "The fences of arguments are not set up.",
	"remedy": "Ask the security team: custom.argument_fences lacks a table.",
} if {
	not configured
}

# A fence that is a text, a list or nothing at all has no arguments to iterate, and would stop nobody.
deny contains {
	"code": "argument_fences.not_a_table",
	"message": "The fences of the tool {input.tool.id} are not set up.",
	"remedy": "Ask the security team: its entry in custom.argument_fences is no table of arguments.",
} if {
	some fences in [
		data.custom.argument_fences.paths,
		data.custom.argument_fences.hosts,
		data.custom.argument_fences.amounts,
		data.custom.argument_fences.arguments,
	]
	entry := fences[input.tool.id]
	not is_object(entry)
}

configured if {
	is_object(data.custom.argument_fences.paths)
	is_object(data.custom.argument_fences.hosts)
	is_object(data.custom.argument_fences.amounts)
	is_object(data.custom.argument_fences.arguments)
}

# What is absent is null, which no fence lets through: the server's own default would count instead.
default argument(_) := null

argument(name) := object.get(input.args, split(name, "/"), null)

only(listed) if {
	every name, _ in input.args {
		listed[name] == true
	}
}

# Where "where/path" is listed, "where" holds only what is listed too: a second name may hide inside an argument.
listed_alone(name) if {
	steps := split(name, "/")
	outer := array.slice(steps, 0, count(steps) - 1)
	members := object.get(input.args, outer, {})
	is_object(members)
	every one, _ in members {
		data.custom.argument_fences.arguments[input.tool.id][concat("/", array.concat(outer, [one]))] == true
	}
}

# Paths: a text, or a list of them.

path_allowed(name, value) if inside(name, value)

path_allowed(name, value) if {
	is_array(value)
	count(value) > 0
	every one in value {
		inside(name, one)
	}
}

# The folder itself, or what lies below it: "shared-not" begins with "shared" and is another folder.
inside(name, path) if {
	plain(path)
	some folder in data.custom.argument_fences.paths[input.tool.id][name]
	count(folder) > 0
	below(path, trim_right(folder, "/"))
}

below(path, folder) if path == folder

below(path, folder) if startswith(path, concat("", [folder, "/"]))

# What two systems read in the same way: letters, digits and few signs. No backslash, percent, colon, tilde, control
# character or look-alike of a dot or a slash; no part that ends in a dot or a blank, which Windows takes off.
plain(path) if {
	is_string(path)
	count(path) <= 1024
	regex.match(`^[\p{L}\p{M}\p{N} _.,@+=()/-]+$`, path)
	not odd_part(path)
}

odd_part(path) if regex.match(`[. ](/|$)`, path)

odd_part(path) if contains(path, "//")

odd_part(path) if regex.match(`(^|/) `, path)

# Hosts: a URL, or a bare host.

host_allowed(name, value) if {
	host := host_of(value)
	some allowed in data.custom.argument_fences.hosts[input.tool.id][name]
	same_host(host, trim_suffix(lower(allowed), ":443"))
}

same_host(host, allowed) if {
	host != ""
	host == allowed
}

# ".example.com" is what ends there on the border of a label, so not evilexample.com, and not example.com itself.
same_host(host, allowed) if {
	regex.match(`^(\.[a-z0-9-]+){2,}$`, allowed)
	endswith(host, allowed)
}

# Without what readers disagree about: user and password, backslashes, a dot at the end, percent-encoding, letters that
# are no ASCII, addresses in brackets. A port other than 443 belongs to the host.
default host_of(_) := ""

host_of(value) := trim_suffix(host, ":443") if {
	is_string(value)
	count(value) <= 2048
	regex.match(`^[!-~]+$`, value)
	regex.match(`^(?i)https://[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?([/?#].*)?$`, value)
	not contains(value, "\\")
	host := regex.split(`[/?#]`, lower(after_scheme(value)))[0]
}

# Without the first pattern the second one takes U+212A for a k: letters of other scripts fold into ASCII ones.
host_of(value) := trim_suffix(lower(value), ":443") if {
	is_string(value)
	count(value) <= 253
	regex.match(`^[!-~]+$`, value)
	regex.match(`^(?i)[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?$`, value)
}

after_scheme(value) := substring(value, 8, -1)

# Amounts: a number, never a text that some server would read as one.

amount_allowed(name, value) if {
	bounds := data.custom.argument_fences.amounts[input.tool.id][name]
	is_number(value)
	is_number(bounds.min)
	is_number(bounds.max)
	value >= bounds.min
	value <= bounds.max
}
