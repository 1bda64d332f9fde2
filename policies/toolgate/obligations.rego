package toolgate

# All that the packages ask for, before it is merged.
asked contains {"rule": pkg, "value": v} if {
	some pkg in packages
	some v in elements(data.policy[pkg].oblige)
}

asked_well contains o if {
	some o in asked
	is_obligation(o.value)
}

is_obligation(element) if {
	is_object(element)
	is_string(element.type)
}

obligations contains o if {
	some o in asked_well
	not superseded(o)
}

conflicts contains {"rule": o.rule, "value": {"code": "policy.invalid_rule"}} if {
	some o in asked
	not is_obligation(o.value)
}

conflicts contains {"rule": "toolgate", "value": {"code": "policy.conflict"}} if {
	some o in asked_well
	contradicted(o)
}

contradicted(o) if {
	o.value.type == "set_args"
	some other in asked_well
	other.value.type == "set_args"
	other.value.path == o.value.path
	other.value.value != o.value.value
}

contradicted(o) if {
	o.value.type == "step_up"
	some other in asked_well
	other.value.type == "step_up"
	other.value.acr != o.value.acr
}

# Another obligation of the same kind asks for at least as much. What is not of a valid shape is kept, for the host to
# refuse: it neither supersedes nor is superseded.
superseded(o) if {
	o.value.type == "budget"
	is_number(o.value.cost)
	some other in asked_well
	other.value.type == "budget"
	other.value.name == o.value.name
	is_number(other.value.cost)
	wins(other, other.value.cost, o, o.value.cost)
}

superseded(o) if {
	o.value.type == "timeout"
	is_number(o.value.ms)
	some other in asked_well
	other.value.type == "timeout"
	is_number(other.value.ms)
	wins(other, 0 - other.value.ms, o, 0 - o.value.ms)
}

superseded(o) if {
	o.value.type == "limit_result"
	limits := limits_of(o.value)
	count(limits) > 0
	some other in asked_well
	other != o
	other.value.type == "limit_result"
	others := limits_of(other.value)
	every name, limit in limits {
		others[name] <= limit
	}
	before_if_equal(other, others, o, limits)
}

superseded(o) if {
	o.value.type == "redact"
	rank := mode_rank(o.value)
	some other in asked_well
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
