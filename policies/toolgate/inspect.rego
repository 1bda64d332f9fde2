package toolgate

# METADATA
# title: A result before any of it leaves
# entrypoint: true
inspect := {"withheld": withheld, "redactions": redactions} if {
	target := kind
	judges := packages(target)
	asked := redactions_of(judges)
	paths := {r.value.path | some r in asked; is_redaction(r.value)}
	withheld := once(array.concat(array.concat(withheld_by(judges), odd_redactions(asked, paths)), unjudged(target)))
	redactions := strongest(asked, paths)
}

withheld_by(judges) := [{"rule": pkg, "value": said(v)} |
	some pkg in judges
	some v in elements(data.policy[pkg].withhold)
]

# Without a kind no package would be asked, and everything would leave.
unjudged(target) := [] if {
	target != null
	index_whole
}

else := [{"rule": "toolgate", "value": {"code": "policy.no_index"}}]

redactions_of(judges) := [{"rule": pkg, "value": v} |
	some pkg in judges
	some v in elements(data.policy[pkg].redact)
]

# As many paths as elements: each is a redaction, and of a path of its own.
odd_redactions(asked, paths) := [] if count(paths) == count(asked)

else := array.concat(
	[{"rule": r.rule, "value": {"code": "policy.invalid_rule"}} |
		some r in asked
		not is_redaction(r.value)
		not by_detector(r.value)
	],
	[{"rule": "toolgate", "value": {"code": "policy.obligation_unsupported", "message": message}} |
		some r in asked
		by_detector(r.value)
		message := concat("", ["The package ", r.rule, " asks for a redaction by detector, which this version does not enforce."])
	],
)

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

strongest(asked, paths) := [told(r, object.get(r.value, "optional", false)) | some r in asked] if count(paths) == count(asked)

else := [told(r, optional_path(r.value.path, asked)) |
	some r in asked
	is_redaction(r.value)
	not outdone(r, asked)
]

told(r, optional) := {"rule": r.rule, "value": {
	"path": r.value.path,
	"mode": object.get(r.value, "mode", "mask"),
	"optional": optional,
}}

outdone(r, asked) if {
	rank := mode_rank(r.value)
	some other in asked
	is_redaction(other.value)
	other.value.path == r.value.path
	wins(other, mode_rank(other.value), r, rank)
}

default optional_path(_, _) := true

optional_path(path, asked) := false if {
	some r in asked
	r.value.path == path
	object.get(r.value, "optional", false) != true
}
