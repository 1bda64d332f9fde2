package toolgate

# All that the packages ask for, before it is merged.
asked_by(judges) := [{"rule": pkg, "value": v} |
	some pkg in judges
	some v in elements(data.policy[pkg].oblige)
]

# What budgets and approvals ask of everybody who uses this target. The build spelled it out, so it is one look-up.
asked_by_tables(target) := [{"rule": "table", "value": v} |
	named := data.obliged[input.server.id][target]
	some v in listed(named[name_of(target)])
]

# As for a rule: something other than a list is one element, which has no valid shape.
listed(obligations) := obligations if is_array(obligations)

else := ["not a list"]

name_of(target) := input.resource.entry if target == "resource"

else := input[target].name

# Undefined for what is no obligation.
type_of(element) := element.type if {
	is_object(element)
	is_string(element.type)
}

# Where each is an obligation, and of a type of its own, there is nothing to merge and nothing that contradicts.
merged(asked, types) := asked if count(asked) == count(types)

else := [o |
	well := [o | some o in asked; type_of(o.value)]
	some o in well
	not superseded(o, well)
]

conflicts(asked, types) := [] if count(asked) == count(types)

else := array.concat(
	[{"rule": o.rule, "value": {"code": "policy.invalid_rule"}} | some o in asked; not type_of(o.value)],
	[{"rule": "toolgate", "value": {"code": "policy.conflict"}} | some o in asked; contradicted(o, asked)],
)

contradicted(o, asked) if {
	type_of(o.value) == "set_args"
	some other in asked
	type_of(other.value) == "set_args"
	other.value.path == o.value.path
	other.value.value != o.value.value
}

contradicted(o, asked) if {
	type_of(o.value) == "step_up"
	some other in asked
	type_of(other.value) == "step_up"
	other.value.acr != o.value.acr
}

# Another obligation of the same kind asks for at least as much. What is not of a valid shape is kept, for the host to
# refuse: it neither supersedes nor is superseded.
superseded(o, asked) if {
	o.value.type == "budget"
	is_number(o.value.cost)
	some other in asked
	other.value.type == "budget"
	other.value.name == o.value.name
	is_number(other.value.cost)
	wins(other, other.value.cost, o, o.value.cost)
}

superseded(o, asked) if {
	o.value.type == "timeout"
	is_number(o.value.ms)
	some other in asked
	other.value.type == "timeout"
	is_number(other.value.ms)
	wins(other, 0 - other.value.ms, o, 0 - o.value.ms)
}

superseded(o, asked) if {
	o.value.type == "limit_result"
	limits := limits_of(o.value)
	count(limits) > 0
	some other in asked
	other != o
	other.value.type == "limit_result"
	others := limits_of(other.value)
	every name, limit in limits {
		others[name] <= limit
	}
	before_if_equal(other, others, o, limits)
}

superseded(o, asked) if {
	o.value.type == "redact"
	rank := mode_rank(o.value)
	some other in asked
	other.value.type == "redact"
	other.value.path == o.value.path
	wins(other, mode_rank(other.value), o, rank)
}

wins(_, a, _, b) if a > b

wins(other, a, o, a) if other < o

limits_of(value) := {name: limit |
	some name in ["bytes", "items"]
	limit := value[name]
	is_number(limit)
}

before_if_equal(_, others, _, limits) if others != limits

before_if_equal(other, limits, o, limits) if other < o

# How strong a redaction is; undefined for a mode that does not exist.
mode_rank(redaction) := rank if rank := {"remove": 3, "mask": 2, "hash": 1}[object.get(redaction, "mode", "mask")]
