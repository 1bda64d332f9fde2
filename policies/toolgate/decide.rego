package toolgate

# METADATA
# title: One call, read, prompt, completion, method of an extension, or request of a server
# entrypoint: true
decide := judged(known, granted, denied, judges, target) if {
	seen := blind
	[known, granted, denied, judges, target] := gate with input as seen
}

# What a list and a call have in common. Packages and target are told too, so that a call does not look for them twice.
gate := [known, granted, denied, judges, target] if {
	target := kind
	judges := packages(target)
	own := granting_roles(target, "agent")
	theirs := granting_roles(target, "user")
	permits := permits_of(judges)
	denied := denials(target, permits)
	granted := permits_told(array.concat(own, theirs), permits)
	known := is_known(permitted(target, own, theirs, permits), denied)
}

is_known(may, denied) if {
	may == true
	input.server.id != "_none"
	not hidden(denied)
}

else := false

# Nothing of the call is looked at for a target that the caller may not know about.
judged(false, granted, denied, _, _) := {
	"effect": "deny",
	"known": false,
	"permits": granted,
	"reasons": once(denied),
	"obligations": [],
}

judged(true, granted, denied, judges, target) := {
	"effect": effect(count(reasons), types),
	"known": true,
	"permits": granted,
	"reasons": reasons,
	"obligations": merged(asked, types),
} if {
	asked := array.concat(asked_by(judges), asked_by_tables(target))
	types := {type_of(o.value) | some o in asked}
	reasons := once(array.concat(array.concat(denied, constraints(judges)), conflicts(asked, types)))
}

effect(refusals, types) := "deny" if refusals > 0

else := "ask" if {
	"approve" in types
}

else := "allow"

# METADATA
# title: Which of many targets the caller may see
# entrypoint: true
discover := {"visible": [i |
	common := object.remove(input, array.concat(unseen, array.concat(["server"], target_kinds)))
	some i, item in input.items
	open with input as object.union(item, common)
]}

open if {
	input.server.id != "_none"
	target := kind
	permits := permits_of(packages(target))
	permitted(target, granting_roles(target, "agent"), granting_roles(target, "user"), permits) == true
	count(denials(target, permits)) == 0
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
