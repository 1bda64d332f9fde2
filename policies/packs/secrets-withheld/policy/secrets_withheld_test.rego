package policy.secrets_withheld_test

import data.policy.secrets_withheld

# Those of the tests; the pack's own table is tried with them by the product's tests.
tables := {
	"servers": {"crm": true},
	"except": {"crm.rotate_key": true},
	"sealed": {"vault": true},
	"names": {"password": true, "accesstoken": true},
	"patterns": {
		"cloud-key": `\bAKIA[A-Z0-9]{16}\b`,
		"private-key": `-----BEGIN [A-Z0-9 ]*PRIVATE KEY`,
		"json-web-token": `\beyJ[0-9A-Za-z_-]{8,}\.[0-9A-Za-z_-]{8,}\.[0-9A-Za-z_-]*`,
		"bearer-token": `(?i)\bbearer\s+[0-9a-z._~+/-]{16,}`,
		"password-in-url": `(?i)\b[a-z][a-z0-9+.-]*://[^\s/?#:@]*:[^\s/?#@]+@`,
	},
}

key := concat("", ["AKIA", "IOSFODNN7", "EXAMPLE"])

result(structured) := {
	"server": {"id": "crm"},
	"tool": {"id": "crm.get"},
	"findings": {},
	"result": {"is_error": false, "bytes": 100, "content_types": ["text"], "structured": structured},
	"limits": {"truncated": [], "omitted": []},
}

codes(given) := asked(given, tables)

asked(given, custom) := {w.code | some w in withheld} if {
	withheld := secrets_withheld.withhold with input as given with data.custom.secrets_withheld as custom
}

found := {"secrets_withheld.found"}

test_an_honest_result_leaves if {
	every structured in [{}, {"customer": {"id": "C-1", "mail": "jo@example.com", "notes": ["asked for the password page", "bearer of news"]}}, {"url": "https://example.com:8443/a?b=c@d"}, [], "text", null, 7] {
		codes(result(structured)) == set()
	}
}

test_a_key_anywhere_in_a_result_is_found if {
	every structured in [key, {"a": key}, {"a": {"b": [1, {"c": key}]}}, [[[key]]], {"a": concat(" ", ["use", key, "please"])}] {
		codes(result(structured)) == found
	}
}

test_a_key_as_the_name_of_a_member_is_found if {
	codes(result({"keys": {key: true}})) == found
}

test_each_kind_is_found if {
	every text in [
		concat("", ["-----BEGIN ", "PRIVATE KEY-----\nMIIE"]),
		concat("", ["-----BEGIN OPENSSH ", "PRIVATE KEY-----"]),
		concat(".", ["eyJhbGciOiJFUzI1NiJ9", "eyJzdWIiOiJhbm4ifQ", "c2lnbmF0dXJl"]),
		concat(" ", ["Authorization: Bearer", "abcdefghijklmnop1234"]),
		concat("", ["postgres://app:", "hunter2@db.internal/app"]),
		concat("", ["redis://:", "hunter2@cache:6379"]),
	] {
		codes(result({"log": text})) == found
	}
}

test_a_secret_inside_a_text_of_json_is_found if {
	codes(result({"body": json.marshal({"key": key})})) == found
}

test_what_is_called_a_password_is_one if {
	every name in ["password", "Password", "PASSWORD", "accessToken", "access_token", "access-token"] {
		codes(result({"a": {name: "x"}})) == found
	}
	codes(result({"password": 1234})) == found
	codes(result({"password": ["a"]})) == found
	codes(result({"password": ""})) == set()
	codes(result({"password": []})) == set()
	codes(result({"password": {"type": "string"}})) == set()
	codes(result({"password": null})) == set()
	codes(result({"password": true})) == set()
}

test_an_error_is_looked_into_too if {
	codes(object.union(result({"log": key}), {"result": {"is_error": true}})) == found
}

test_what_a_detector_found_is_withheld if {
	codes(object.union(result({}), {"findings": {"secrets": 1}})) == {"secrets_withheld.detected"}
	codes(object.union(result({}), {"findings": {"secrets": 0}})) == set()
}

test_an_exception_is_for_one_tool if {
	call := result({"key": key})
	codes(object.union(call, {"tool": {"id": "crm.rotate_key"}})) == set()
	codes(object.union(call, {"tool": {"id": "crm.Rotate_key"}})) == found
}

test_a_pattern_that_is_none_lets_nothing_through if {
	every pattern in ["(", "[", "a{2,1}", 7, null] {
		asked(result({"a": "b"}), object.union(tables, {"patterns": {"broken": pattern}})) == found
	}
}

vault := {
	"servers": {"*": true},
	"sealed": {"vault": true},
	"names": {},
	"patterns": {"cloud-key": `\bAKIA[A-Z0-9]{16}\b`},
}

test_a_result_without_structure_does_not_leave_a_sealed_server if {
	server := {"server": {"id": "vault"}}
	text := object.union(json.remove(result({}), ["result/structured"]), server)
	asked(text, vault) == {"secrets_withheld.unseen"}
	asked(object.union(text, {"server": {"id": "crm"}}), vault) == set()
	asked(object.union(result({"a": 1}), server), vault) == set()
}

test_a_picture_beside_the_structure_does_not_leave_a_sealed_server if {
	call := object.union(result({"a": 1}), {"server": {"id": "vault"}, "result": {"content_types": ["text", "image"]}})
	asked(call, vault) == {"secrets_withheld.unseen"}
}

test_a_result_that_was_cut_does_not_leave_a_sealed_server if {
	call := object.union(result({"a": 1}), {"server": {"id": "vault"}, "limits": {"truncated": ["result"]}})
	asked(call, vault) == {"secrets_withheld.unseen"}
	asked(json.remove(call, ["limits"]), vault) == {"secrets_withheld.unseen"}
}

test_another_server_is_left_alone if {
	codes(object.union(result({"key": key}), {"server": {"id": "files"}})) == set()
}

test_a_lost_table_lets_nothing_through if {
	asked(result({}), {}) == {"secrets_withheld.not_configured"}
	asked(result({}), object.union(object.remove(tables, ["patterns"]), {"patterns": {}})) == {"secrets_withheld.not_configured"}
	asked(result({}), object.remove(tables, ["names"])) == {"secrets_withheld.not_configured"}
}

test_nothing_of_another_server_is_judged if {
	call := object.union(result({"key": key}), {"server": {"id": "files"}, "findings": {"secrets": 3}})
	codes(call) == set()
	sealed := object.union(json.remove(result({}), ["result/structured"]), {"server": {"id": "vault"}})
	codes(sealed) == set()
}

test_an_exception_holds_for_detectors_and_for_sealed_servers_too if {
	call := object.union(result({}), {"tool": {"id": "crm.rotate_key"}, "findings": {"secrets": 1}})
	codes(call) == set()
	bare := json.remove(call, ["result/structured"])
	asked(bare, object.union(tables, {"sealed": {"crm": true}})) == set()
}

test_a_resource_and_a_prompt_may_be_excepted if {
	every kind in ["resource", "prompt"] {
		call := object.union(object.remove(result({"key": key}), ["tool"]), {kind: {"id": "crm.keys"}})
		codes(call) == found
		asked(call, object.union(tables, {"except": {"crm.keys": true}})) == set()
	}
}

test_a_switch_that_says_false_is_off if {
	asked(result({"key": key}), object.union(tables, {"servers": {"crm": false, "*": false}})) == set()
	asked(result({"key": key}), object.union(tables, {"servers": {"crm": false, "*": "yes"}})) == found
	bare := json.remove(result({}), ["result/structured"])
	asked(bare, object.union(tables, {"sealed": {"crm": false}})) == set()
}

test_each_of_the_tables_is_needed if {
	every table in ["servers", "names", "patterns"] {
		"secrets_withheld.not_configured" in asked(result({}), object.remove(tables, [table]))
	}
}

test_a_secret_behind_a_longer_name_is_found if {
	every name in ["db_password", "DB_PASSWORD", "spring.datasource.password", "userPassword", "github_access_token"] {
		codes(result({"env": {name: "x"}})) == found
	}
	every name in ["password_changed", "passwords_seen", "accesstokens"] {
		codes(result({"env": {name: "x"}})) == set()
	}
}

test_a_secret_beside_its_name_is_found if {
	every pair in [{"name": "DB_PASSWORD", "value": "x"}, {"key": "access-token", "value": 7}] {
		codes(result({"env": [pair]})) == found
	}
	every pair in [{"name": "DB_PASSWORD", "value": ""}, {"name": "DB_HOST", "value": "x"}, {"name": "password", "type": "string"}] {
		codes(result({"env": [pair]})) == set()
	}
}

test_a_secret_one_level_below_its_name_is_found if {
	codes(result({"password": {"value": "x", "version": 3}})) == found
	codes(result({"password": {"value": ""}})) == set()
}
