package policy.documents_test

import data.policy.documents

startup := {"resource": {"entry": "documents", "path": "/static/document/startup.md"}}

test_how_the_server_is_started_is_for_finance if {
	support := documents.deny with input as object.union(startup, {"user": {"groups": ["support"]}})
	{d.code | some d in support} == {"documents.operators_only"}
	alone := documents.deny with input as startup
	alone == support
	finance := documents.deny with input as object.union(startup, {"user": {"groups": ["finance"]}})
	finance == set()
	other := documents.deny with input as {"resource": {"entry": "documents", "path": "/static/document/features.md"}}
	other == set()
}

fenced(path) := {c.code | some c in constraints} if {
	constraints := documents.constrain with input as {"resource": {"entry": "dynamic-text", "path": path}}
}

test_texts_have_numbers_up_to_99 if {
	every path in ["/dynamic/text/1", "/dynamic/text/10", "/dynamic/text/99"] {
		fenced(path) == set()
	}
	every path in ["/dynamic/text/", "/dynamic/text/0", "/dynamic/text/100", "/dynamic/text/1/2", "/dynamic/text/%31", "/x/dynamic/text/1", "/dynamic/text/1\n"] {
		fenced(path) == {"documents.unknown_number"}
	}
}

test_other_entries_are_not_fenced if {
	constraints := documents.constrain with input as {"resource": {"entry": "documents", "path": "/static/document/startup.md"}}
	constraints == set()
}

test_values_of_the_template_are_not_completed if {
	constraints := documents.constrain with input as {"completion": {"name": "dynamic-text"}}
	{c.code | some c in constraints} == {"documents.no_hints"}
	prompt := documents.constrain with input as {"completion": {"name": "args-prompt"}}
	prompt == set()
}
