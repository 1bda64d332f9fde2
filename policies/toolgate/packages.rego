# METADATA
# title: Toolgate's policy library
# description: |
#   Folds the rules of the author packages into the five answers. What it reads and answers stands in README.md.
#   WebAssembly has no rule indexing and no early exit: fold over the packages of one server, once a rule name. A rule
#   without arguments is remembered, and an element of a set is hashed with all it holds; both cost more than what they
#   save here, so what is used once is a function, and what needs no order and has no repeats is a list.
package toolgate

# What a list and a call have in common. Permit and deny see nothing else, so what is callable is listed.
blind := object.remove(input, unseen)

unseen := ["args", "args_digest", "phase", "method", "request", "limits", "items", "findings", "result"]

kind := "tool" if {
	input.tool
	not input.resource
	not input.prompt
	not input.completion
	not input.sampling
	not input.elicitation
	not input.roots
	not input.extension
}

else := one if {
	present := [k | some k in target_kinds; input[k]]
	count(present) == 1
	one := present[0]
}

else := null

target_kinds := ["tool", "resource", "prompt", "completion", "sampling", "elicitation", "roots", "extension"]

# What servers ask for.
questions := ["sampling", "elicitation", "roots"]

indexed := data.index[input.server.id]

# A package without kinds would be left out silently, and its denials with it.
index_whole if {
	is_array(indexed)
	kinds := data.index_kinds
	every pkg in indexed {
		is_array(kinds[pkg])
	}
}

# What judges this target.
packages(target) := [pkg |
	kinds := data.index_kinds
	some pkg in indexed
	target in kinds[pkg]
]

# Whose denials count: what is denied to a principal that connects is denied to each of its calls.
gatekeeper(target, kinds) if target in kinds

else if "admit" in kinds

# Whatever a rule is, it counts: something other than a set is one element, which has no valid shape.
elements(rule) := rule if is_set(rule)

else := {"not a set"}

# What is said about a denial. Any element is one; what has no code is told as an invalid rule.
said(element) := element if is_reason(element)

else := {"code": "policy.invalid_rule"}

is_reason(element) if {
	is_object(element)
	is_string(element.code)
	is_string(object.get(element, "message", ""))
	is_string(object.get(element, "remedy", ""))
}
