package policy.argument_fences_test

import data.policy.argument_fences

fences := {
	"paths": {"files.read": {"path": ["shared", "/srv/open/"]}, "files.read_many": {"paths": ["shared"]}, "files.deep": {"where/path": ["shared"]}},
	"hosts": {"web.fetch": {"url": ["api.example.com", ".Example.org", "db.internal:8443"]}},
	"amounts": {"crm.refund": {"amount": {"min": 0.01, "max": 1000}}},
	"arguments": {"files.read": {"path": true, "head": true}},
}

codes(id, args) := asked({"tool": {"id": id}, "args": args}, fences)

asked(given, custom) := {c.code | some c in constraints} if {
	constraints := argument_fences.constrain with input as given with data.custom.argument_fences as custom
}

path(text) := codes("files.read", {"path": text})

url(text) := codes("web.fetch", {"url": text})

amount(value) := codes("crm.refund", {"amount": value})

no_path := {"argument_fences.path"}

no_host := {"argument_fences.host"}

no_amount := {"argument_fences.amount"}

test_honest_paths_pass if {
	every text in ["shared", "shared/welcome.txt", "shared/a/b.txt", "shared/..hidden", "shared/Jahr 2026/Übersicht (neu).pdf", "/srv/open", "/srv/open/a.txt"] {
		path(text) == set()
	}
	codes("files.read_many", {"paths": ["shared/a", "shared/b"]}) == set()
	codes("files.deep", {"where": {"path": "shared/a"}}) == set()
}

test_a_path_that_climbs_is_refused if {
	every text in ["..", "shared/..", "shared/../private", "shared/a/../../private", "../shared/a", "./shared/a", "shared/./a"] {
		path(text) == no_path
	}
}

test_a_folder_that_begins_alike_is_another_folder if {
	every text in ["shared-not/a", "sharedx", "shared.txt", "/srv/opened/a", "/srv"] {
		path(text) == no_path
	}
}

test_a_path_that_windows_would_read_otherwise_is_refused if {
	every text in ["shared\\..\\private", "shared/..\\private", "shared/.. /private", "shared/.../private", "shared/a.", "shared/a ", "C:shared/a", "shared/a:stream", "shared/a::$DATA"] {
		path(text) == no_path
	}
}

test_an_encoded_path_is_refused if {
	every text in ["shared/%2e%2e/private", "shared%2f..%2fprivate", "shared/%252e%252e/private", "file:///shared/a"] {
		path(text) == no_path
	}
}

test_look_alikes_of_dots_and_slashes_are_refused if {
	every text in ["shared/\uff0e\uff0e/private", "shared/\u2024\u2024/private", "shared\u2215..\u2215private", "shared/a\u202e", "shared/\u200b../a"] {
		path(text) == no_path
	}
}

test_control_characters_are_refused if {
	every text in ["shared/a\u0000.txt", "shared/a\n", "shared/\ta", "shared/a\r\nb"] {
		path(text) == no_path
	}
}

test_shells_and_homes_are_not_meant if {
	every text in ["~/shared/a", "$HOME/shared", "shared/$(id)", "shared/`id`", "shared/a;b", "shared/*"] {
		path(text) == no_path
	}
}

test_a_folder_in_other_letters_is_another_folder if {
	every text in ["Shared/a", "SHARED", "\uff53hared/a"] {
		path(text) == no_path
	}
}

test_a_path_in_twice_slashes_is_refused if {
	every text in ["shared//a", "//srv/open/a", "/", "", " shared/a", "shared/ a"] {
		path(text) == no_path
	}
}

test_one_bad_path_in_a_list_is_enough if {
	codes("files.read_many", {"paths": ["shared/a", "private/b"]}) == no_path
	codes("files.read_many", {"paths": []}) == no_path
	codes("files.read_many", {"paths": [["shared/a"]]}) == no_path
}

test_a_path_of_another_type_is_refused if {
	every value in [null, 1, true, {"path": "shared/a"}, [1]] {
		path(value) == no_path
	}
}

test_a_path_that_is_not_sent_is_refused if {
	codes("files.read", {}) == no_path
	codes("files.read", {"Path": "private/a", "path": "shared/a"}) == {"argument_fences.unlisted"}
	asked({"tool": {"id": "files.read"}}, fences) == {"argument_fences.path", "argument_fences.unlisted"}
}

test_an_argument_that_nobody_listed_is_refused if {
	codes("files.read", {"path": "shared/a", "file": "private/b"}) == {"argument_fences.unlisted"}
	codes("files.read", {"path": "shared/a", "head": 3}) == set()
}

test_a_long_path_is_refused if {
	path(concat("/", ["shared", concat("", ["a" | some _ in numbers.range(1, 1100)])])) == no_path
}

test_honest_hosts_pass if {
	every text in ["https://api.example.com", "https://api.example.com/v1?q=a@b", "HTTPS://API.Example.COM/", "https://api.example.com:443/x", "https://a.example.org/#top", "https://a.b.example.org", "api.example.com", "https://db.internal:8443/", "db.internal:8443"] {
		url(text) == set()
	}
}

test_a_user_before_the_host_is_refused if {
	every text in ["https://api.example.com@evil.com/", "https://api.example.com:pw@evil.com", "https://evil.com@api.example.com/", "https://api.example.com%40evil.com"] {
		url(text) == no_host
	}
}

test_a_host_that_ends_alike_is_another_host if {
	every text in ["https://evilexample.org", "https://example.org", "https://api.example.com.evil.com", "https://xapi.example.com", "https://.example.org", "https://evil.com/.example.org", "https://evil.com?.example.org", "https://evil.com#.example.org"] {
		url(text) == no_host
	}
}

test_backslashes_and_blanks_are_refused if {
	every text in ["https://evil.com\\.example.org", "https://api.example.com\\@evil.com", "https:\\\\evil.com", "https://api.example.com/\\evil", "https://api.example.com/\n", " https://api.example.com", "https://evil.com\t.example.org"] {
		url(text) == no_host
	}
}

test_a_dot_at_the_end_is_refused if {
	every text in ["https://api.example.com./", "https://a.example.org.", "api.example.com."] {
		url(text) == no_host
	}
}

test_addresses_are_refused if {
	every text in ["https://127.0.0.1/", "https://[::1]/", "https://[::ffff:127.0.0.1]/", "https://2130706433/", "https://0x7f.1/", "https://017700000001/", "https://169.254.169.254/latest", "::1"] {
		url(text) == no_host
	}
}

test_percent_encoding_in_a_host_is_refused if {
	every text in ["https://api%2eexample.com/", "https://evil.com%2f.example.org/", "https://%61pi.example.com"] {
		url(text) == no_host
	}
}

test_look_alike_letters_in_a_host_are_refused if {
	every text in ["https://\u0430pi.example.com/", "https://api.example\u3002com/", "https://a.exam\u200bple.org/", "https://api\uff0eexample.com", "https://xn--pi-7kc.example.com/"] {
		url(text) == no_host
	}
}

test_other_schemes_are_refused if {
	every text in ["http://api.example.com/", "file:///etc/passwd", "ftp://api.example.com", "javascript:alert(1)", "data:text/plain,api.example.com", "//api.example.com/", "https:api.example.com", "https:///api.example.com"] {
		url(text) == no_host
	}
}

test_another_port_is_another_host if {
	every text in ["https://api.example.com:8443/", "https://db.internal/", "https://db.internal:443", "https://api.example.com:0443", "https://api.example.com:", "https://a.example.org:22"] {
		url(text) == no_host
	}
}

test_a_host_of_another_type_is_refused if {
	every value in [null, 1, ["https://api.example.com"], {"href": "https://api.example.com"}, ""] {
		url(value) == no_host
	}
	codes("web.fetch", {}) == no_host
}

test_a_suffix_of_one_label_opens_nothing if {
	loose := object.union(fences, {"hosts": {"web.fetch": {"url": [".com", ".", "", "*"]}}})
	every text in ["https://evil.com", "https://com", "", "https://"] {
		asked({"tool": {"id": "web.fetch"}, "args": {"url": text}}, loose) == no_host
	}
}

test_honest_amounts_pass if {
	every value in [0.01, 1, 999.99, 1000, 1000.0] {
		amount(value) == set()
	}
}

test_an_amount_outside_its_bounds_is_refused if {
	every value in [1000.01, 1e300, 0, -1, 0.001, -1e300] {
		amount(value) == no_amount
	}
}

test_an_amount_of_another_type_is_refused if {
	every value in ["10", "1e9", null, true, [10], {"value": 10}, "", "NaN"] {
		amount(value) == no_amount
	}
	codes("crm.refund", {}) == no_amount
}

test_bounds_that_are_no_numbers_open_nothing if {
	every bounds in [{}, {"min": 0}, {"max": 10}, {"min": "0", "max": "10"}, null] {
		given := {"tool": {"id": "crm.refund"}, "args": {"amount": 5}}
		asked(given, object.union(object.remove(fences, ["amounts"]), {"amounts": {"crm.refund": {"amount": bounds}}})) == no_amount
	}
}

test_a_tool_without_a_fence_is_left_alone if {
	codes("crm.get", {"path": "/etc/shadow"}) == set()
}

denials(custom) := {d.code | some d in denied} if {
	denied := argument_fences.deny with input as {"tool": {"id": "crm.get"}} with data.custom.argument_fences as custom
}

test_a_lost_table_closes_everything if {
	denials(fences) == set()
	denials({}) == {"argument_fences.not_configured"}
	denials(object.union(object.remove(fences, ["paths"]), {"path": {}})) == {"argument_fences.not_configured"}
}

test_each_of_the_tables_is_needed if {
	every table in ["paths", "hosts", "amounts", "arguments"] {
		denials(object.remove(fences, [table])) == {"argument_fences.not_configured"}
	}
}

test_a_folder_without_a_name_opens_nothing if {
	loose := object.union(object.remove(fences, ["paths"]), {"paths": {"files.read": {"path": [""]}}})
	asked({"tool": {"id": "files.read"}, "args": {"path": "/etc/shadow"}}, loose) == no_path
}

test_blanks_and_tabs_behind_the_host_are_refused if {
	every text in ["https://api.example.com/\ta", "https://api.example.com/a b", "https://api.example.com/\u2028", "https://api.example.com/\u0000"] {
		url(text) == no_host
	}
}

test_a_long_address_is_refused if {
	long := concat("", ["a" | some _ in numbers.range(1, 2100)])
	url(concat("", ["https://api.example.com/", long])) == no_host
	url(concat("", [long, ".example.org"])) == no_host
}

test_bounds_of_another_type_open_nothing_to_texts if {
	given := {"tool": {"id": "crm.refund"}, "args": {"amount": "zz"}}
	table := {"amounts": {"crm.refund": {"amount": {"min": 0, "max": "zzz"}}}}
	asked(given, object.union(object.remove(fences, ["amounts"]), table)) == no_amount
	lists := {"amounts": {"crm.refund": {"amount": {"min": null, "max": []}}}}
	asked({"tool": {"id": "crm.refund"}, "args": {"amount": 5}}, object.union(object.remove(fences, ["amounts"]), lists)) == no_amount
}

test_a_fence_that_is_no_table_closes_its_tool if {
	every table in ["paths", "hosts", "amounts", "arguments"] {
		every entry in ["shared", null, false, 1000, ["path"]] {
			broken := object.union(object.remove(fences, [table]), {table: {"crm.get": entry}})
			denials(broken) == {"argument_fences.not_a_table"}
		}
	}
	denials(object.union(object.remove(fences, ["paths"]), {"paths": {"crm.get": {}}})) == set()
}

test_a_letter_that_folds_into_ascii_is_no_host if {
	open_hosts := object.union(object.remove(fences, ["hosts"]), {"hosts": {"web.fetch": {"url": ["kiosk.example.com"]}}})
	every text in ["\u212aiosk.example.com", "kio\u017fk.example.com", "https://\u212aiosk.example.com/"] {
		asked({"tool": {"id": "web.fetch"}, "args": {"url": text}}, open_hosts) == no_host
	}
	asked({"tool": {"id": "web.fetch"}, "args": {"url": "kiosk.example.com"}}, open_hosts) == set()
}

test_the_usual_port_may_stand_in_the_table if {
	ported := object.union(object.remove(fences, ["hosts"]), {"hosts": {"web.fetch": {"url": ["api.example.com:443"]}}})
	every text in ["https://api.example.com/", "https://api.example.com:443/", "api.example.com:443"] {
		asked({"tool": {"id": "web.fetch"}, "args": {"url": text}}, ported) == set()
	}
	asked({"tool": {"id": "web.fetch"}, "args": {"url": "https://api.example.com:444/"}}, ported) == no_host
}

test_a_second_name_inside_an_argument_is_refused if {
	nested := object.union(object.remove(fences, ["arguments"]), {"arguments": {"files.deep": {"where": true, "where/path": true}}})
	unlisted := {"argument_fences.unlisted"}
	asked({"tool": {"id": "files.deep"}, "args": {"where": {"path": "shared/a"}}}, nested) == set()
	asked({"tool": {"id": "files.deep"}, "args": {"where": {"path": "shared/a", "Path": "private/b"}}}, nested) == unlisted
	unlisted & asked({"tool": {"id": "files.deep"}, "args": {"where": [{"path": "private/b"}]}}, nested) == unlisted
	asked({"tool": {"id": "crm.note"}, "args": {}}, object.union(nested, {"arguments": {"crm.note": {"where/path": true}}})) == set()
}
