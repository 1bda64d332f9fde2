package toolgate

# METADATA
# title: One call, read, prompt, completion, or request of a server
# entrypoint: true
decide := judged(base) if {
	seen := blind
	base := gate with input as seen
}

gate := {
	"known": known,
	"permits": permits,
	"denials": denials,
}

default known := false

known if {
	permitted
	not hidden
	input.server.id != "_none"
}

# Nothing of the call is looked at for a target that the caller may not know about.
judged(base) := {
	"effect": "deny",
	"known": false,
	"permits": base.permits,
	"reasons": base.denials,
	"obligations": [],
} if {
	not base.known
}

judged(base) := {
	"effect": effect(count(reasons)),
	"known": true,
	"permits": base.permits,
	"reasons": reasons,
	"obligations": obligations,
} if {
	base.known
	reasons := (base.denials | constraints) | conflicts
}

effect(refusals) := "deny" if refusals > 0

else := "ask" if asks

else := "allow"

asks if {
	some o in asked_well
	o.value.type == "approve"
}

# METADATA
# title: Which of many targets the caller may see
# entrypoint: true
discover := {"visible": [i |
	common := object.remove(input, array.concat(unseen, array.concat(["server"], target_kinds)))
	some i, item in input.items
	open with input as object.union(common, item)
]}

open if {
	known
	count(denials) == 0
}

# METADATA
# title: Whether a principal may connect
# entrypoint: true
admit := {"reasons": reasons} if {
	seen := blind
	reasons := admission_denials with input as seen
}

admission_denials contains {"rule": pkg, "value": said(v)} if {
	some pkg in indexed
	"admit" in data.index_kinds[pkg]
	some v in elements(data.policy[pkg].deny)
}

admission_denials contains {"rule": "toolgate", "value": {"code": "policy.no_index"}} if not index_whole
