package toolgate

# METADATA
# title: A result before any of it leaves
# entrypoint: true
inspect := {"withheld": withheld, "redactions": redactions}

withheld contains {"rule": pkg, "value": said(v)} if {
	some pkg in packages(kind)
	some v in elements(data.policy[pkg].withhold)
}

withheld contains {"rule": r.rule, "value": {"code": "policy.invalid_rule"}} if {
	some r in redact_elements
	not is_redaction(r.value)
	not by_detector(r.value)
}

withheld contains {"rule": "toolgate", "value": {"code": "policy.obligation_unsupported", "message": message}} if {
	some r in redact_elements
	by_detector(r.value)
	message := concat("", ["The package ", r.rule, " asks for a redaction by detector, which this version does not enforce."])
}

withheld contains {"rule": "toolgate", "value": {"code": "policy.no_index"}} if not index_whole

# Without a kind no package would be asked, and everything would leave.
withheld contains {"rule": "toolgate", "value": {"code": "policy.no_index"}} if kind == null

redact_elements contains {"rule": pkg, "value": v} if {
	some pkg in packages(kind)
	some v in elements(data.policy[pkg].redact)
}

by_detector(element) if {
	is_object(element)
	is_string(element.detector)
}

is_redaction(element) if {
	is_object(element)
	is_string(element.path)
	startswith(element.path, "/")
	mode_rank(element)
	is_boolean(object.get(element, "optional", false))
	object.get(element, "detector", null) == null
}

redactions contains {"rule": r.rule, "value": {"path": r.value.path, "mode": mode, "optional": optional}} if {
	some r in redact_elements
	is_redaction(r.value)
	not outdone(r)
	mode := object.get(r.value, "mode", "mask")
	optional := optional_path(r.value.path)
}

outdone(r) if {
	rank := mode_rank(r.value)
	some other in redact_elements
	is_redaction(other.value)
	other.value.path == r.value.path
	wins(other, mode_rank(other.value), r, rank)
}

default optional_path(_) := true

optional_path(path) := false if {
	some r in redact_elements
	r.value.path == path
	object.get(r.value, "optional", false) != true
}
